//! Who may use a controller: pages from elsewhere, rebound names, tokens, login links.

#![cfg(feature = "daemon")]
#![allow(clippy::unwrap_used, reason = "a test may panic")]

#[path = "common/controller.rs"]
mod controller;
#[path = "common/http.rs"]
mod http;

use controller::Rig;
use http::Answer;
use tickchain::daemon::controller::api::MAX_SESSIONS;
use tickchain::daemon::http::Guard;

const ACTION: &[u8] = br#"{"tick": 1}"#;
const JSON: (&str, &str) = ("Content-Type", "application/json");

/// A controller that other machines could reach.
fn open() -> Rig {
    Rig::with("0.0.0.0:0", Guard::default())
}

fn tick(rig: &Rig, headers: &[(&str, &str)]) -> Answer {
    let headers: Vec<_> = headers.iter().copied().chain([JSON]).collect();
    rig.client().call("POST", "/do", &headers, ACTION)
}

/// The part of a link after the host.
fn path(link: &str) -> String {
    let path = link
        .split_once("/login?key=")
        .expect("it is a login link")
        .1;
    format!("/login?key={path}")
}

/// What a browser sends back of the cookie that it was given.
fn cookie(answer: &Answer) -> String {
    let cookie = answer.header("set-cookie").expect("a cookie is set");
    cookie.split(';').next().unwrap().to_owned()
}

/// Logs in with this link.
#[track_caller]
fn log_in(rig: &Rig, link: &str) -> String {
    cookie(&rig.get(&path(link)).expect(303))
}

fn ticks(rig: &Rig, headers: &[(&str, &str)]) -> u64 {
    let network = rig.call("GET", "/network", headers).expect(200).json();
    network["tick"].as_u64().unwrap()
}

#[test]
fn on_this_machine_nobody_logs_in() {
    let rig = Rig::new();
    assert_eq!(rig.link, None);
    let page = rig.get("/").expect(200);
    assert_eq!(page.header("set-cookie"), None);
    tick(&rig, &[]).expect(200);
    let home = rig.get("/login?key=any").expect(303);
    assert_eq!(home.header("location"), Some("/"));
    assert_eq!(home.header("set-cookie"), None);
}

#[test]
fn a_stranger_is_told_where_the_link_stands() {
    let rig = open();
    for (method, path) in [
        ("GET", "/"),
        ("HEAD", "/network"),
        ("GET", "/network"),
        ("GET", "/events"),
        ("GET", "/dashboard/main.js"),
        ("GET", "/openapi.json"),
        ("GET", "/nothing"),
        ("POST", "/pause"),
        ("OPTIONS", "/do"),
    ] {
        assert_eq!(rig.call(method, path, &[]).status, 401, "{method} {path}");
    }
    let answer = tick(&rig, &[]);
    assert!(answer.problem(401).contains("terminal"), "{answer:?}");
    assert!(answer.header("www-authenticate").is_some());

    // A browser is shown a page.
    let accept = ("Accept", "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8");
    let page = rig.call("GET", "/", &[accept]).expect(401);
    assert_eq!(
        page.header("content-type"),
        Some("text/html; charset=utf-8")
    );
    let policy = page.header("content-security-policy").unwrap();
    assert!(policy.contains("frame-ancestors 'none'"), "{policy}");
    assert!(page.text().contains("terminal"), "{}", page.text());
}

#[test]
fn a_link_logs_one_browser_in() {
    let rig = open();
    let link = rig.link.clone().unwrap();
    let port = rig.address.port();
    assert!(
        link.starts_with(&format!("http://127.0.0.1:{port}/login?key=")),
        "{link}"
    );

    // What looks at links before people do uses none up.
    rig.call("HEAD", &path(&link), &[]).expect(405);
    let welcome = rig.get(&path(&link)).expect(303);
    assert_eq!(welcome.header("location"), Some("/"));
    assert_eq!(welcome.header("referrer-policy"), Some("no-referrer"));
    let set = welcome.header("set-cookie").unwrap();
    for part in ["; HttpOnly", "; SameSite=Strict", "; Path=/"] {
        assert!(set.contains(part), "{set}");
    }
    let first = cookie(&welcome);
    rig.call("GET", "/", &[("Cookie", &first)]).expect(200);
    let among_others = format!("theme=dark; {first}; other=1");
    tick(&rig, &[("Cookie", &among_others)]).expect(200);

    let again = rig.get(&path(&link));
    let said = again.problem(401);
    assert!(
        said.contains("used up") && said.contains("next one"),
        "{said}"
    );
    assert_eq!(again.header("set-cookie"), None);
    // Who is in already just goes to the page.
    rig.call("GET", &path(&link), &[("Cookie", &first)])
        .expect(303);

    let next = rig.links.try_recv().unwrap();
    assert_ne!(next, link);
    let second = log_in(&rig, &next);
    assert_ne!(first, second);
    for browser in [&first, &second] {
        rig.call("GET", "/network", &[("Cookie", browser)])
            .expect(200);
    }
    assert!(rig.links.try_recv().is_ok() && rig.links.try_recv().is_err());
}

#[test]
fn a_wrong_key_or_cookie_opens_nothing() {
    let rig = open();
    let link = rig.link.clone().unwrap();
    let key = path(&link);
    for wrong in [
        "/login",
        "/login?key=",
        "/login?key=0",
        &key[..key.len() - 1],
        &format!("{key}0"),
        &key.to_uppercase().replace("/LOGIN?KEY", "/login?key"),
    ] {
        let said = rig.get(wrong).problem(401);
        assert!(said.contains("no login link"), "{wrong}: {said}");
    }
    assert!(rig.links.is_empty(), "no link was used");

    let good = log_in(&rig, &link);
    let (name, value) = good.split_once('=').unwrap();
    for wrong in [
        format!("{name}="),
        format!("{name}={}", &value[1..]),
        format!("{name}={value}0"),
        format!("{name}0={value}"),
        format!("{name}={}", key.split_once('=').unwrap().1),
        value.to_owned(),
    ] {
        rig.call("GET", "/network", &[("Cookie", &wrong)])
            .problem(401);
    }
    rig.call("GET", "/network", &[("Cookie", &good)])
        .expect(200);
}

#[test]
fn a_token_is_for_scripts_and_asked_for_on_this_machine_too() {
    let guard = Guard {
        token: Some("secret".into()),
        ..Guard::default()
    };
    let rig = Rig::with("127.0.0.1:0", guard);
    tick(&rig, &[]).problem(401);
    tick(&rig, &[("Authorization", "Bearer secre")]).problem(401);
    tick(&rig, &[("Authorization", "Bearer secret")]).expect(200);
    let cookie = log_in(&rig, &rig.link.clone().unwrap());
    tick(&rig, &[("Cookie", &cookie)]).expect(200);
    // Without --token nothing is a token, not even an empty one.
    let rig = open();
    tick(&rig, &[("Authorization", "Bearer ")]).problem(401);
}

#[test]
fn a_foreign_page_may_nothing_even_with_the_cookie() {
    let rig = open();
    let cookie = log_in(&rig, &rig.link.clone().unwrap());
    let me = ("Cookie", cookie.as_str());
    let link = rig.links.try_recv().unwrap();
    let before = ticks(&rig, &[me]);
    let port = rig.address.port();
    for foreign in [
        ("Origin", "http://pages.example"),
        ("Origin", "null"),
        ("Origin", "http://127.0.0.1:1"),
        ("Sec-Fetch-Site", "cross-site"),
        ("Sec-Fetch-Site", "same-site"),
    ] {
        assert!(
            tick(&rig, &[me, foreign])
                .problem(403)
                .contains("--allow-origin")
        );
        for path in ["/network", "/events", "/", &path(&link)] {
            rig.call("GET", path, &[me, foreign]).problem(403);
        }
    }
    for host in ["rebound.example", "192.0.2.7", "[::2]"] {
        assert!(
            tick(&rig, &[me, ("Host", host)])
                .problem(421)
                .contains("--allow-host")
        );
        rig.call("GET", &path(&link), &[("Host", host)])
            .problem(421);
    }
    assert_eq!(ticks(&rig, &[me]), before);
    assert!(rig.links.is_empty(), "the link is still good");

    let own = format!("http://127.0.0.1:{port}");
    let host = format!("127.0.0.1:{port}");
    let own = [
        me,
        ("Host", host.as_str()),
        ("Origin", &own),
        ("Sec-Fetch-Site", "same-origin"),
    ];
    tick(&rig, &own).expect(200);
}

#[test]
fn a_page_that_is_allowed_may_ask_first() {
    let page = "http://pages.example:8080";
    let guard = Guard {
        allow_origins: vec![page.into()],
        allow_hosts: vec!["box.example".into()],
        ..Guard::default()
    };
    let rig = Rig::with("0.0.0.0:0", guard);
    let link = rig.link.clone().unwrap();
    assert!(link.starts_with("http://box.example:"), "{link}");
    let asks = [
        ("Origin", page),
        ("Access-Control-Request-Method", "POST"),
        ("Host", "box.example"),
    ];
    let answer = rig.call("OPTIONS", "/do", &asks).expect(204);
    assert_eq!(answer.header("access-control-allow-origin"), Some(page));
    // What it may ask it still may not do.
    tick(&rig, &[("Origin", page)]).problem(401);
}

#[test]
fn sessions_are_bounded() {
    let rig = open();
    let mut link = rig.link.clone().unwrap();
    let mut cookies = Vec::new();
    for _ in 0..=MAX_SESSIONS {
        cookies.push(log_in(&rig, &link));
        link = rig.links.try_recv().unwrap();
    }
    rig.call("GET", "/network", &[("Cookie", &cookies[0])])
        .problem(401);
    rig.call("GET", "/network", &[("Cookie", &cookies[1])])
        .expect(200);
}
