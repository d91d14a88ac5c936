//! Values of options, read from text.

use std::net::{Ipv4Addr, SocketAddr};
use std::num::NonZeroUsize;
use std::time::Duration;

use super::{ControllerAt, MAX_MESH_NODES, MAX_TICK};
use crate::ledger::{Difficulty, MAX_SAFE_INTEGER, Value};
use crate::node::Name;

pub(super) fn parse_seconds(text: &str) -> Result<Duration, String> {
    let seconds = text
        .parse()
        .ok()
        .filter(|seconds| (0.1..=3600.0).contains(seconds));
    let seconds: f64 = seconds.ok_or("a number of seconds from 0.1 to 3600 is needed")?;
    Ok(Duration::from_secs_f64(seconds))
}

pub(super) fn parse_name(text: &str) -> Result<Name, String> {
    text.parse()
        .map_err(|error: crate::ledger::AccountError| error.to_string())
}

/// An origin as browsers send it: scheme, host, port, and nothing after.
pub(super) fn parse_origin(text: &str) -> Result<String, String> {
    let text = text.strip_suffix('/').unwrap_or(text).to_ascii_lowercase();
    let host = (text.strip_prefix("http://")).or_else(|| text.strip_prefix("https://"));
    let is_host = |host: &str| !host.is_empty() && !host.contains(['/', '?', '#', ' ']);
    match host.is_some_and(is_host) {
        true => Ok(text),
        false => Err("an origin has a scheme and a host, such as http://localhost:3000".into()),
    }
}

pub(in crate::daemon) fn parse_value(text: &str) -> Result<Value, String> {
    let value = text
        .parse()
        .ok()
        .and_then(|value: u64| value.try_into().ok());
    value.ok_or_else(|| format!("a value is a whole number from 1 to {MAX_SAFE_INTEGER}"))
}

pub(in crate::daemon) fn parse_difficulty(text: &str) -> Result<Difficulty, String> {
    let bits = text.parse().ok().and_then(Difficulty::new);
    bits.ok_or_else(|| {
        format!(
            "a difficulty is a whole number from 0 to {}",
            Difficulty::MAX
        )
    })
}

pub(super) fn parse_interval(text: &str) -> Result<Duration, String> {
    let split = text
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(text.len());
    let (number, unit) = text.split_at(split);
    let millis = match unit {
        "ms" => Some(1),
        "s" => Some(1_000),
        "m" => Some(60_000),
        "h" => Some(3_600_000),
        _ => None,
    };
    let interval = number
        .parse::<u64>()
        .ok()
        .zip(millis)
        .and_then(|(number, millis)| number.checked_mul(millis))
        .map(Duration::from_millis)
        .filter(|interval| !interval.is_zero() && *interval <= MAX_TICK);
    interval.ok_or_else(|| {
        "an interval is a whole number and a unit, such as 500ms, 2s, 1m or 1h, from 1ms to a day"
            .into()
    })
}

/// Where to listen; `localhost` stands for 127.0.0.1.
pub(super) fn parse_socket(text: &str) -> Result<SocketAddr, String> {
    let local = text.strip_prefix("localhost:").and_then(|port| {
        let port = port.parse().ok()?;
        Some(SocketAddr::new(Ipv4Addr::LOCALHOST.into(), port))
    });
    local.or_else(|| text.parse().ok()).ok_or_else(|| {
        format!(
            "{text:?} is not ADDR:PORT with an IP address and a port from 0 to 65535, such as \
             127.0.0.1:50082"
        )
    })
}

/// Where a mesh's controller is to listen.
pub(super) fn parse_controller(text: &str) -> Result<ControllerAt, String> {
    match text {
        "none" => Ok(ControllerAt::None),
        _ => parse_socket(text)
            .map(ControllerAt::Socket)
            .map_err(|error| format!("{error}; `none` runs the nodes alone")),
    }
}

pub(super) fn parse_nodes(text: &str) -> Result<u16, String> {
    let nodes = text.parse().ok();
    nodes
        .filter(|nodes| (1..=MAX_MESH_NODES).contains(nodes))
        .ok_or_else(|| format!("a mesh has from 1 to {MAX_MESH_NODES} nodes"))
}

pub(in crate::daemon) fn parse_threads(text: &str) -> Result<NonZeroUsize, String> {
    text.parse()
        .map_err(|_| "a whole number is needed, at least 1".into())
}

/// The variable of a switch. One that is empty is as good as none.
pub(in crate::daemon) fn parse_switch(text: &str) -> Result<bool, String> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "1" | "yes" | "on" => Ok(true),
        "false" | "0" | "no" | "off" | "" => Ok(false),
        _ => Err("a switch takes true or false".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals_have_a_number_and_a_unit() {
        assert_eq!(parse_interval("500ms"), Ok(Duration::from_millis(500)));
        assert_eq!(parse_interval("2s"), Ok(Duration::from_secs(2)));
        assert_eq!(parse_interval("1m"), Ok(Duration::from_secs(60)));
        assert_eq!(parse_interval("24h"), Ok(MAX_TICK));
        for text in [
            "",
            "5",
            "ms",
            "0ms",
            "-1s",
            "1.5s",
            "25h",
            "2 s",
            "25000m",
            "99999999999999999999s",
        ] {
            assert!(parse_interval(text).is_err(), "{text}");
        }
    }

    #[test]
    fn sockets_are_addresses_and_ports() {
        let at = |text: &str| parse_socket(text).map(|socket| socket.to_string());
        assert_eq!(at("localhost:80"), Ok("127.0.0.1:80".into()));
        assert_eq!(at("[::1]:0"), Ok("[::1]:0".into()));
        for text in [
            "",
            "50082",
            "localhost",
            "127.0.0.1:99999",
            "example.org:80",
        ] {
            let error = at(text).unwrap_err();
            assert!(
                error.contains(&format!("{text:?} is not ADDR:PORT")),
                "{error}"
            );
        }
    }

    #[test]
    fn a_controller_is_somewhere_or_not_at_all() {
        assert_eq!(parse_controller("none"), Ok(ControllerAt::None));
        let at = parse_controller("localhost:0");
        assert_eq!(at, Ok(ControllerAt::Socket(([127, 0, 0, 1], 0).into())));
        let error = parse_controller("50080").unwrap_err();
        assert!(error.contains("none"), "{error}");
    }

    #[test]
    fn switches_are_on_or_off() {
        assert_eq!(
            ["true", "1", "ON"].map(parse_switch),
            [const { Ok(true) }; 3]
        );
        assert_eq!(
            ["false", "0", ""].map(parse_switch),
            [const { Ok(false) }; 3]
        );
        assert!(parse_switch("maybe").is_err());
    }
}
