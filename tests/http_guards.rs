//! Who may call: foreign pages, rebound names, tokens.

#![cfg(feature = "daemon")]
#![allow(clippy::unwrap_used, reason = "a test may panic")]

#[path = "common/http.rs"]
mod http;

use http::{Answer, Server};
use tickchain::daemon::http::Guard;
use tickchain::node::Config;

const PAGE: &str = "http://pages.example:8080";

fn guarded(guard: Guard) -> Server {
    let server = Server::with(Config::new("node1".parse().unwrap()), guard);
    smol::block_on(server.handle.start(1)).unwrap();
    server
}

fn call(server: &Server, method: &str, path: &str, headers: &[(&str, &str)]) -> Answer {
    server.client().call(method, path, headers, b"")
}

/// What changes the state when it is let through.
const MINE: [&str; 2] = ["GET", "POST"];

#[test]
fn a_foreign_page_cannot_make_a_browser_mine() {
    let server = Server::started();
    let before = server.state();
    let agent = (
        "User-Agent",
        "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
    );
    let foreign: &[&[(&str, &str)]] = &[
        // An image or a link of another site.
        &[
            agent,
            ("Sec-Fetch-Site", "cross-site"),
            ("Sec-Fetch-Mode", "no-cors"),
            ("Sec-Fetch-Dest", "image"),
            ("Referer", "http://pages.example/"),
        ],
        &[
            agent,
            ("Sec-Fetch-Site", "cross-site"),
            ("Sec-Fetch-Mode", "navigate"),
            ("Sec-Fetch-User", "?1"),
        ],
        // Another port of this machine is the same site, and another origin.
        &[
            agent,
            ("Sec-Fetch-Site", "same-site"),
            ("Origin", "http://localhost:3000"),
        ],
        &[agent, ("Sec-Fetch-Site", "same-site")],
        // fetch() and forms.
        &[
            agent,
            ("Origin", PAGE),
            ("Sec-Fetch-Site", "cross-site"),
            ("Sec-Fetch-Mode", "cors"),
        ],
        // Browsers that do not send Sec-Fetch-Site.
        &[("Origin", PAGE)],
        &[("Origin", "null")],
        &[("Origin", "")],
        &[("Origin", "http://127.0.0.1.pages.example")],
        &[("Origin", "https://127.0.0.1")],
        &[("Origin", "http://127.0.0.1:1")],
        &[("Origin", "http://127.0.0.1"), ("Origin", PAGE)],
        &[
            ("Sec-Fetch-Site", "same-origin"),
            ("Sec-Fetch-Site", "cross-site"),
        ],
        &[("Sec-Fetch-Site", "")],
    ];
    for headers in foreign {
        for method in MINE {
            let answer = call(&server, method, "/mine", headers);
            assert!(
                answer.problem(403).contains("--allow-origin"),
                "{headers:?}"
            );
            assert_eq!(answer.header("access-control-allow-origin"), None);
        }
        call(&server, "GET", "/status", headers).problem(403);
        assert_eq!(call(&server, "OPTIONS", "/mine", headers).status, 403);
    }
    assert_eq!(server.state(), before);
}

#[test]
fn ones_own_page_and_the_address_bar_may_call() {
    let server = Server::started();
    let host = server.address.to_string();
    let origin = format!("http://{host}");
    for headers in [
        [
            ("Host", host.as_str()),
            ("Origin", &origin),
            ("Sec-Fetch-Site", "same-origin"),
        ],
        [
            ("Host", "localhost:50082"),
            ("Origin", "http://LOCALHOST:50082"),
            ("X", "y"),
        ],
        [
            ("Host", host.as_str()),
            ("Sec-Fetch-Site", "none"),
            ("Sec-Fetch-Mode", "navigate"),
        ],
    ] {
        call(&server, "GET", "/mine", &headers).expect(200);
        call(&server, "POST", "/mine", &headers).expect(200);
    }
}

#[test]
fn the_host_must_be_this_machine() {
    let server = Server::started();
    let before = server.state();
    for host in [
        "rebound.example",
        "rebound.example:50082",
        "127.0.0.1.rebound.example",
        "localhost.example",
        "notlocalhost",
        "192.168.0.1",
        "0.0.0.0",
        "[::2]",
        "128.0.0.1",
        "2130706433",
    ] {
        let answer = call(&server, "GET", "/mine", &[("Host", host)]);
        assert!(answer.problem(421).contains("--allow-host"), "{host}");
    }
    for host in [
        "a b",
        "",
        " ",
        "a/b",
        "user@127.0.0.1",
        "127.0.0.1:x",
        "127.0.0.1:99999",
        "[::1",
        "::1",
        "127.0.0.1, localhost",
        "127.0.0.1#",
        "\"",
        "%31",
        "\u{e9}",
    ] {
        let answer = call(&server, "GET", "/mine", &[("Host", host)]);
        assert!([400, 421].contains(&answer.status), "{host:?}: {answer:?}");
    }
    let two = [("Host", "127.0.0.1"), ("Host", "127.0.0.1")];
    call(&server, "GET", "/mine", &two).problem(400);
    let none = server.raw(b"GET /mine HTTP/1.1\r\nConnection: close\r\n\r\n");
    assert!(none.starts_with("HTTP/1.1 400"), "{none}");
    // The target outranks the header.
    call(&server, "GET", "http://rebound.example/mine", &[]).problem(421);
    call(
        &server,
        "GET",
        "http://127.0.0.1/mine",
        &[("Host", "rebound.example")],
    )
    .problem(421);
    assert_eq!(server.state(), before);
    for host in [
        "127.0.0.1",
        "127.1.2.3:5",
        "localhost",
        "LocalHost:80",
        "node.localhost",
        "[::1]:50082",
        "localhost.",
        "127.0.0.1:",
    ] {
        call(&server, "GET", "/status", &[("Host", host)]).expect(200);
    }
    call(&server, "GET", "http://localhost/status", &[]).expect(200);
}

#[test]
fn an_allowed_host_is_that_name_and_no_other() {
    let server = guarded(Guard {
        allow_hosts: vec!["chain.example".into()],
        ..Guard::default()
    });
    call(&server, "GET", "/status", &[("Host", "CHAIN.example:8080")]).expect(200);
    call(&server, "GET", "/status", &[("Host", "x.chain.example")]).problem(421);
}

#[test]
fn an_allowed_origin_gets_cors_headers_and_others_do_not() {
    let server = guarded(Guard {
        allow_origins: vec![PAGE.into()],
        ..Guard::default()
    });
    let page = [
        ("Origin", PAGE),
        ("Sec-Fetch-Site", "cross-site"),
        ("Sec-Fetch-Mode", "cors"),
    ];
    for (path, status) in [
        ("/status", 200),
        ("/mine", 200),
        ("/block/7", 404),
        ("/nowhere", 404),
    ] {
        let answer = call(&server, "GET", path, &page).expect(status);
        assert_eq!(
            answer.header("access-control-allow-origin"),
            Some(PAGE),
            "{path}"
        );
        assert_eq!(answer.header("vary"), Some("origin"), "{path}");
    }
    let own = call(&server, "GET", "/status", &[]).expect(200);
    assert_eq!(own.header("access-control-allow-origin"), None);
    assert_eq!(
        own.header("vary"),
        Some("origin"),
        "a cache must not give it to the page"
    );

    let asks = [
        page[0],
        page[1],
        ("Access-Control-Request-Method", "PUT"),
        ("Access-Control-Request-Headers", "content-type"),
        ("Access-Control-Request-Private-Network", "true"),
    ];
    let preflight = call(&server, "OPTIONS", "/state", &asks).expect(204);
    assert_eq!(preflight.header("access-control-allow-origin"), Some(PAGE));
    assert_eq!(
        preflight.header("access-control-allow-methods"),
        Some("GET, HEAD, PUT")
    );
    assert!(
        preflight
            .header("access-control-allow-headers")
            .unwrap()
            .contains("content-type")
    );
    assert_eq!(
        preflight.header("access-control-allow-private-network"),
        Some("true")
    );
    assert_eq!(preflight.header("content-length"), None);

    for other in [
        "http://pages.example",
        "https://pages.example:8080",
        "http://pages.example:8080/",
        "http://PAGES.example:8080",
    ] {
        let answer = call(&server, "GET", "/mine", &[("Origin", other)]);
        answer.problem(403);
        assert_eq!(answer.header("access-control-allow-origin"), None);
        assert_eq!(answer.header("vary"), Some("origin"));
    }
    // A cross-site call that hides its origin is not the allowed page's.
    call(&server, "GET", "/mine", &[("Sec-Fetch-Site", "cross-site")]).problem(403);
}

#[test]
fn a_token_is_asked_for_on_every_call() {
    let server = guarded(Guard {
        token: Some("s3cret".into()),
        allow_origins: vec![PAGE.into()],
        ..Guard::default()
    });
    let before = server.state();
    for path in ["/status", "/mine", "/healthz", "/metrics", "/nowhere"] {
        for wrong in [
            "",
            "s3cret",
            "Bearer",
            "Bearer ",
            "Bearer s3cre",
            "Bearer s3crets",
            "Basic s3cret",
            "Bearer S3CRET",
        ] {
            let answer = call(&server, "GET", path, &[("Authorization", wrong)]);
            assert!(answer.problem(401).contains("Bearer"), "{wrong}");
            assert_eq!(
                answer.header("www-authenticate"),
                Some("Bearer realm=\"tickchain\"")
            );
        }
        call(&server, "GET", path, &[]).problem(401);
    }
    assert_eq!(server.state(), before);
    call(
        &server,
        "GET",
        "/status",
        &[("Authorization", "Bearer s3cret")],
    )
    .expect(200);
    call(
        &server,
        "GET",
        "/mine",
        &[("Authorization", "bearer s3cret")],
    )
    .expect(200);
    // Browsers ask without it first.
    let asks = [("Origin", PAGE), ("Access-Control-Request-Method", "GET")];
    call(&server, "OPTIONS", "/mine", &asks).expect(204);
    call(
        &server,
        "OPTIONS",
        "/mine",
        &[("Access-Control-Request-Method", "GET")],
    )
    .problem(401);
    call(&server, "GET", "/mine", &asks).problem(401);
}
