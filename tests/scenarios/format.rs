//! The format: what is allowed, and what errors say.

use tickchain::daemon::controller::Reach;
use tickchain::daemon::controller::scenario::{
    self, Fact, Flaw, MAX_FILE_BYTES, MAX_STEPS, Of, Scenario, ScenarioError, TxPlace,
};
use tickchain::ledger::{GenesisError, TxId};

const HEAD: &str = "version = 1\ntitle = \"t\"\n";

#[track_caller]
fn sound(text: &str) -> Scenario {
    scenario::parse("net.toml", text).unwrap_or_else(|error| panic!("{text}\n{error}"))
}

/// The line of the flaw and the flaw.
#[track_caller]
fn flaw(text: &str) -> (usize, Flaw) {
    match scenario::parse("net.toml", text) {
        Err(error @ ScenarioError::Wrong { .. }) => {
            let said = error.to_string();
            let ScenarioError::Wrong { line, flaw, .. } = error else {
                unreachable!("it was matched");
            };
            let place = format!("the scenario net.toml, line {line}: ");
            assert!(said.starts_with(&place), "{said}");
            (line, flaw)
        }
        other => panic!("{text}\n{other:?}"),
    }
}

/// That a step, beginning at line 3, is wrong at this line, for a reason with these words.
#[track_caller]
fn step_fails(step: &str, line: usize, words: &[&str]) -> Flaw {
    fails(&format!("{HEAD}[[steps]]\n{step}"), line, words)
}

/// That a network, beginning at line 3, is wrong at this line, for a reason with these words.
#[track_caller]
fn network_fails(network: &str, line: usize, words: &[&str]) -> Flaw {
    let steps = "\n[[steps]]\ntick = 1\n";
    fails(&format!("{HEAD}[network]\n{network}{steps}"), line, words)
}

#[track_caller]
fn fails(text: &str, line: usize, words: &[&str]) -> Flaw {
    let (at, flaw) = flaw(text);
    let said = flaw.to_string();
    assert_eq!(at, line, "{text}\n{said}");
    for word in words {
        assert!(said.contains(word), "{text}\n{said} has no {word:?}");
    }
    flaw
}

#[test]
fn what_is_left_out_has_defaults() {
    let scenario = sound(&format!("{HEAD}[[steps]]\ntick = 1\n"));
    let names: Vec<&str> = (scenario.layout.nodes.iter())
        .map(|name| name.as_str())
        .collect();
    assert_eq!(names, ["node1", "node2", "node3"]);
    assert_eq!(scenario.layout.links, [(0, 1), (0, 2), (1, 2)]);
    assert_eq!(scenario.layout.genesis, Default::default());
    assert_eq!(scenario.about, "");
}

#[test]
fn networks_are_laid_out_as_they_say() {
    let links = |network: &str| {
        sound(&format!(
            "{HEAD}[network]\n{network}\n[[steps]]\ntick = 1\n"
        ))
        .layout
        .links
    };
    assert_eq!(
        links("nodes = 4\ntopology = \"ring\""),
        [(0, 1), (1, 2), (2, 3), (0, 3)]
    );
    assert_eq!(
        links("nodes = 4\ntopology = \"line\""),
        [(0, 1), (1, 2), (2, 3)]
    );
    assert_eq!(links("nodes = 3\ntopology = \"star\""), [(0, 1), (0, 2)]);
    assert_eq!(
        links("nodes = [\"ann\", \"bob\", \"cid\"]\nlinks = [[\"cid\", \"ann\"]]"),
        [(2, 0)]
    );
    assert_eq!(links("nodes = 1"), []);
}

#[test]
fn a_wrong_head_says_where() {
    let steps = "[[steps]]\ntick = 1\n";
    fails("version = \n", 1, &[]);
    fails(&format!("title = \"t\"\n{steps}"), 1, &["version"]);
    fails(&format!("version = 1\n{steps}"), 1, &["title"]);
    fails(
        &format!("{HEAD}colour = 1\n{steps}"),
        3,
        &["colour", "about", "network"],
    );
    let flaw = fails(
        &format!("\nversion = 2\ntitle = \"t\"\n{steps}"),
        2,
        &["version = 1"],
    );
    assert_eq!(flaw, Flaw::Version { version: 2 });
    let long = "x".repeat(1001);
    let flaw = fails(
        &format!("version = 1\ntitle = \"{long}\"\n{steps}"),
        2,
        &["1001", "1000"],
    );
    assert!(matches!(flaw, Flaw::TextTooLong { key: "title", .. }));
    let flaw = fails(&format!("{HEAD}about = \"{long}\"\n{steps}"), 3, &["about"]);
    assert!(matches!(flaw, Flaw::TextTooLong { .. }));
}

#[test]
fn a_wrong_network_says_where() {
    for (nodes, count) in [("0", 0), ("65", 65), ("-1", 0), ("[]", 0)] {
        let flaw = network_fails(&format!("latency = 1\nnodes = {nodes}"), 5, &["1 to 64"]);
        assert_eq!(flaw, Flaw::NodeCount { count });
    }
    network_fails("nodes = \"three\"", 4, &["how many nodes", "list"]);
    network_fails("nodes = [\"a\",\n\"\"]", 5, &["1 to 64"]);
    let name = "a".to_owned();
    let twice = network_fails("nodes = [\"a\", \"b\",\n\"a\"]", 5, &["a is there twice"]);
    assert_eq!(twice, Flaw::NodeTwice { name });
    for name in ["all", "tips"] {
        let flaw = network_fails(&format!("nodes = [\"{name}\"]"), 4, &["another name"]);
        assert_eq!(
            flaw,
            Flaw::NodeReserved {
                name: name.to_owned()
            }
        );
    }
    let flaw = network_fails(
        "topology = \"ring\"\nlinks = []",
        5,
        &["leave one of them out"],
    );
    assert_eq!(flaw, Flaw::TopologyAndLinks);
    network_fails(
        "topology = \"circle\"",
        4,
        &["circle", "full", "ring", "line", "star"],
    );
    let flaw = network_fails(
        "links = [\n[\"node1\", \"node9\"]]",
        5,
        &["node9", "node1, node2"],
    );
    assert!(matches!(flaw, Flaw::UnknownNode { .. }));
    let flaw = network_fails("links = [[\"node1\", \"node1\"]]", 4, &["itself"]);
    assert!(matches!(flaw, Flaw::SelfLink { .. }));
    let links = "links = [[\"node1\", \"node2\"],\n[\"node2\", \"node1\"]]";
    let flaw = network_fails(links, 5, &["linked already"]);
    assert!(matches!(flaw, Flaw::LinkTwice { .. }));
    network_fails("links = [[\"node1\"]]", 4, &[]);
    let flaw = network_fails("latency = 101", 4, &["0 to 100"]);
    assert_eq!(flaw, Flaw::Latency { latency: 101 });
    let flaw = network_fails("difficulty = 25", 4, &["0 to 24"]);
    assert!(matches!(flaw, Flaw::Difficulty { .. }));
    network_fails("difficulty = 400", 4, &["400"]);
    network_fails("timestamp = \"yesterday\"", 4, &["YYYY/MM/DD"]);
    network_fails("colour = 1", 4, &["colour", "topology"]);
}

#[test]
fn wrong_accounts_say_where() {
    let account =
        |name: &str, balance: u64| format!("{{ name = \"{name}\", balance = {balance} }}");
    let accounts = |list: &[String]| format!("accounts = [\n{}]", list.join(",\n"));
    let twice = accounts(&[account("a", 1), account("a", 2), account("b", 3)]);
    let flaw = network_fails(&twice, 6, &["a is there twice"]);
    assert!(matches!(flaw, Flaw::Genesis(GenesisError::Twice { .. })));
    let most = (1 << 53) - 1;
    let rich = accounts(&[account("a", most), account("b", most)]);
    let flaw = network_fails(&rich, 6, &["sum to more than"]);
    assert_eq!(flaw, Flaw::Genesis(GenesisError::Supply));
    network_fails(&accounts(&[account("a", 0)]), 5, &["from 1 to"]);
    network_fails(
        "accounts = [{ name = \"a\", balanse = 1 }]",
        4,
        &["balanse", "balance"],
    );
}

#[test]
fn wrong_steps_say_where() {
    let empty = step_fails("", 3, &["action, a note or an expect"]);
    assert_eq!(empty, Flaw::EmptyStep);
    let unknown = step_fails(
        "note = \"n\"\ntik = 1",
        5,
        &["tik", "tick, until, mine", "expect"],
    );
    assert!(matches!(unknown, Flaw::UnknownKey { .. }));
    let two = step_fails(
        "tick = 1\nmine = \"node1\"",
        5,
        &["mine", "beside tick", "[[steps]]"],
    );
    assert!(matches!(two, Flaw::TwoActions { .. }));
    for ticks in ["0", "1001"] {
        let flaw = step_fails(&format!("tick = {ticks}"), 4, &["1 to 1000"]);
        assert!(matches!(flaw, Flaw::Ticks { .. }));
    }
    let limit = "until = { condition = \"idle\", limit = 1001 }";
    assert_eq!(step_fails(limit, 4, &[]), Flaw::Ticks { ticks: 1001 });
    let unknown = step_fails(
        "tick = 1\nexpect.node9.pool = 1",
        5,
        &["node9", "node1, node2, node3"],
    );
    assert!(matches!(unknown, Flaw::UnknownNode { .. }));
    let refused = step_fails("tick = 1\nrefused = \"no\"", 5, &["tx", "leave it out"]);
    assert_eq!(refused, Flaw::NothingRefused);
    let long = format!("note = \"{}\"", "x".repeat(1001));
    assert!(matches!(
        step_fails(&long, 4, &["1001"]),
        Flaw::TextTooLong { key: "note", .. }
    ));
}

#[test]
fn the_number_of_steps_is_bounded() {
    assert_eq!(fails(HEAD, 3, &["1 to 1000"]), Flaw::StepCount { count: 0 });
    let many = |count: usize| format!("{HEAD}{}", "[[steps]]\ntick = 1\n".repeat(count));
    assert_eq!(sound(&many(MAX_STEPS)).steps.len(), MAX_STEPS);
    let count = MAX_STEPS + 1;
    let line = 3 + 2 * MAX_STEPS;
    assert_eq!(fails(&many(count), line, &[]), Flaw::StepCount { count });
}

#[test]
fn a_wrong_action_says_how_it_is_written() {
    for (action, words) in [
        ("tick = \"one\"", &["tick = 1"][..]),
        ("tick = -1", &["tick = 1"]),
        ("mine = 1", &["mine = \"node1\""]),
        (
            "until = { condition = \"quiet\", limit = 9 }",
            &["quiet", "one-tip"],
        ),
        ("until = { condition = \"idle\" }", &["limit"]),
        (
            "tx = { at = \"node1\", sender = \"aki\", recipient = \"so\" }",
            &["value"],
        ),
        (
            "tx = { at = \"node1\", sender = \"aki\", recipient = \"so\", value = 0 }",
            &["from 1 to"],
        ),
        (
            "tx = { at = \"node1\", sender = \"aki\", recipient = \"so\", value = 1, id = \"rent\" }",
            &["rent", "hex"],
        ),
        ("tx = 3", &["tx = { at"]),
        ("reset = { nod = \"node1\" }", &["nod", "reset = {}"]),
        ("cut = []", &["one node or two"]),
        ("cut = [\"node1\", \"node1\"]", &["two different"]),
        (
            "heal = [\"node1\", \"node2\", \"node3\"]",
            &["one node or two"],
        ),
        (
            "add = { url = \"http://127.0.0.1:1\" }",
            &["nodes of its own"],
        ),
        (
            "forge = { of = \"node1\", id = 1, change = { valu = 2 } }",
            &["valu", "remine"],
        ),
        ("block = { block = {} }", &["GET /block/latest"]),
    ] {
        let flaw = step_fails(&format!("note = \"n\"\n{action}"), 5, words);
        assert!(matches!(flaw, Flaw::Action { .. }), "{action}: {flaw:?}");
    }
    for action in [
        "mine = \"node4\"",
        "start = \"node4\"",
        "crash = \"node4\"",
        "remove = \"node4\"",
        "reset = { node = \"node4\" }",
        "cut = [\"node4\"]",
        "heal = [\"node1\", \"node4\"]",
        "add = { link = [\"node4\"] }",
        "tx = { at = \"node4\", sender = \"aki\", recipient = \"so\", value = 1 }",
        "forge = { of = \"node1\", id = 1, at = [\"node4\"] }",
    ] {
        let flaw = step_fails(action, 4, &["node4"]);
        assert!(
            matches!(flaw, Flaw::UnknownNode { .. }),
            "{action}: {flaw:?}"
        );
    }
}

#[test]
fn nodes_come_and_go() {
    let text = |steps: &str| format!("{HEAD}{steps}");
    sound(&text(
        "[[steps]]\nadd = { link = [] }\n[[steps]]\nmine = \"node4\"\n",
    ));
    let gone = text("[[steps]]\nremove = \"node2\"\n[[steps]]\nmine = \"node2\"\n");
    fails(&gone, 6, &["node2", "node1, node3"]);
    sound(&text(
        "[[steps]]\nremove = \"node2\"\n[[steps]]\nadd = { link = [] }\nexpect.node2.height = 0\n",
    ));
}

#[test]
fn expectations_keep_their_lines() {
    let scenario = sound(&format!(
        "{HEAD}[[steps]]\ntick = 1\n[steps.expect]\ntips = 2\n[steps.expect.node1]\nstatus = \"mining\"\n\
         balance = {{ aki = 0 }}\ntx = {{ a1 = \"block 3\", b = \"absent\" }}\nstate = \"up\"\n\
         [[steps]]\nexpect.all.pool = 1\nexpect.node2 = {{ tip = \"node1\",\n refused = \"no\" }}\n"
    ));
    let first = &scenario.steps[0].expect;
    let lines: Vec<usize> = first.iter().map(|expectation| expectation.line).collect();
    assert_eq!(lines, [6, 8, 9, 10, 10, 11]);
    assert_eq!(
        (&first[0].of, &first[0].fact),
        (&Of::Network, &Fact::Tips(2))
    );
    let a1 = TxId::from(0xa1 << 120);
    assert_eq!(first[3].fact, Fact::Tx(a1, TxPlace::Block(Some(3))));
    assert_eq!(first[5].fact, Fact::State(Reach::Up));
    let second = &scenario.steps[1].expect;
    assert_eq!((second[0].line, &second[0].of), (13, &Of::Every));
    assert_eq!(
        (second[2].line, &second[2].fact),
        (15, &Fact::Refused("no".to_owned()))
    );
}

#[test]
fn a_wrong_expectation_says_where() {
    for (expect, words) in [
        (
            "expect.node1.stattus = \"idle\"",
            &["stattus", "status"][..],
        ),
        (
            "expect.node1.status = \"idel\"",
            &["idel", "idle", "broadcasting-tx"],
        ),
        ("expect.node1.state = \"on\"", &["on", "crashed"]),
        ("expect.node1.pool = \"one\"", &["one"]),
        ("expect.node1.pool = -1", &["-1"]),
        ("expect.node1 = 1", &["status"]),
        ("expect.one_tip = true", &["tips = 1"]),
        (
            "expect.node1.tx = { a1 = \"mempool\" }",
            &["mempool", "waiting", "pool"],
        ),
        ("expect = 1", &["expect.node1"]),
        ("expect.node1.tip = \"node7\"", &["node7"]),
    ] {
        step_fails(&format!("tick = 1\n{expect}"), 5, words);
    }
    let id = step_fails("expect.node1.tx = { rent = \"pool\" }", 4, &["rent", "hex"]);
    assert!(matches!(id, Flaw::Expect(_)));
    let account = step_fails(
        "expect.node1.balance = { \"\" = 1 }",
        4,
        &["balance", "1 to 64"],
    );
    assert!(matches!(account, Flaw::Expect(_)));
}

#[test]
fn payments_have_the_same_ids_each_time() {
    let tx = |id: &str| {
        format!(
            "[[steps]]\ntx = {{ at = \"node1\", sender = \"a\", recipient = \"b\", value = 1{id} }}\n"
        )
    };
    let text = format!(
        "{HEAD}[[steps]]\ntick = 1\n{}{}",
        tx(""),
        tx(", id = \"a1\"")
    );
    let scenario = sound(&text);
    let ids: Vec<String> = (scenario.steps[1..].iter())
        .map(|step| format!("{:?}", step.action))
        .collect();
    assert!(
        ids[0].contains("00020000000000000000000000000000"),
        "{}",
        ids[0]
    );
    assert!(
        ids[1].contains("a1000000000000000000000000000000"),
        "{}",
        ids[1]
    );
}

#[test]
fn files_are_bounded_and_must_be_there() {
    let long = format!("{HEAD}# {}", "x".repeat(MAX_FILE_BYTES as usize));
    let error = scenario::parse("net.toml", &long).expect_err("it is too long");
    assert!(matches!(error, ScenarioError::TooLarge { bytes, .. } if bytes == long.len() as u64));
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("long.toml");
    std::fs::write(&path, &long).expect("it is written");
    let error = scenario::read(&path).expect_err("it is too long");
    assert!(matches!(error, ScenarioError::TooLarge { .. }));
    let error = scenario::read(&directory.path().join("none.toml")).expect_err("it is not there");
    assert!(matches!(error, ScenarioError::Unreadable { .. }));
    assert!(error.to_string().contains("none.toml"));
}
