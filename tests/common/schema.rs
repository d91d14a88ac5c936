//! Values against the schemas of an OpenAPI document.
#![allow(
    unreachable_pub,
    dead_code,
    clippy::unwrap_used,
    reason = "shared by several tests, each of which uses a part"
)]

use serde_json::Value as Json;

pub fn resolve<'a>(document: &'a Json, value: &'a Json) -> &'a Json {
    let Some(reference) = value.get("$ref") else {
        return value;
    };
    let pointer = reference.as_str().unwrap().strip_prefix('#').unwrap();
    document
        .pointer(pointer)
        .unwrap_or_else(|| panic!("{pointer} leads nowhere"))
}

/// Checks a value by the part of JSON Schema that the document uses; the problem, if there is one.
pub fn check(document: &Json, schema: &Json, value: &Json) -> Result<(), String> {
    let schema = resolve(document, schema);
    let fail = |what: &str| Err(format!("{value} is not as in {schema}: {what}"));
    if let Some(any) = schema.get("anyOf") {
        let any = any.as_array().unwrap();
        if !any
            .iter()
            .any(|schema| check(document, schema, value).is_ok())
        {
            return fail("none of anyOf");
        }
    }
    if let Some(one) = schema.get("oneOf") {
        let fits = |schema: &&Json| check(document, schema, value).is_ok();
        if one.as_array().unwrap().iter().filter(fits).count() != 1 {
            return fail("not exactly one of oneOf");
        }
    }
    let is = |kind: &str| match kind {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "integer" => value.is_u64(),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        other => panic!("{other} is not checked here"),
    };
    let fits = match schema.get("type") {
        None => true,
        Some(Json::String(kind)) => is(kind),
        Some(kinds) => kinds
            .as_array()
            .unwrap()
            .iter()
            .any(|kind| is(kind.as_str().unwrap())),
    };
    let listed = schema
        .get("enum")
        .and_then(Json::as_array)
        .is_none_or(|all| all.contains(value));
    let constant = schema.get("const").is_none_or(|constant| constant == value);
    if !fits || !listed || !constant {
        return fail("type, enum or const");
    }
    if let Some(number) = value.as_u64() {
        let bound = |key: &str, default| schema.get(key).and_then(Json::as_u64).unwrap_or(default);
        if !(bound("minimum", 0)..=bound("maximum", u64::MAX)).contains(&number) {
            return fail("out of bounds");
        }
    }
    if let (Some(pattern), Some(text)) = (schema.get("pattern"), value.as_str()) {
        let hex =
            |length| text.len() == length && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        let fits = match pattern.as_str().unwrap() {
            "^[0-9a-f]{64}$" => hex(64),
            "^[0-9a-f]{32}$" => hex(32),
            "^[0-9a-f]{8}$" => hex(8),
            timestamp if timestamp.contains("/\\d{2}/") => text.len() == 19,
            other => panic!("{other} is not checked here"),
        };
        if !fits {
            return fail("pattern");
        }
    }
    for item in value.as_array().into_iter().flatten() {
        check(document, &schema["items"], item)?;
    }
    let empty = serde_json::Map::new();
    let members = value.as_object().unwrap_or(&empty);
    for name in schema
        .get("required")
        .and_then(Json::as_array)
        .into_iter()
        .flatten()
    {
        if value.is_object() && !members.contains_key(name.as_str().unwrap()) {
            return fail(&format!("{name} is missing"));
        }
    }
    for (name, member) in members {
        match schema["properties"]
            .get(name)
            .or(schema.get("additionalProperties"))
        {
            Some(schema) => check(document, schema, member)?,
            // A state has members that are nobody else's affair, a map has any.
            None if schema["properties"].get("version").is_some() => {}
            None if schema.get("properties").is_none() => {}
            None => return fail(&format!("{name} is not documented")),
        }
    }
    Ok(())
}
