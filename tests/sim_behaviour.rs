//! Miners that do not do as they should, among honest ones.

use std::collections::BTreeMap;

use tickchain::ledger::{Account, Difficulty, Genesis, GenesisAccount, Hash, TxId};
use tickchain::node::{
    Body, Config, Costs, Effect, Event, HonestNode, Input, Message, MiningCost, Node, Payment,
    Place, Search,
};
use tickchain::sim::behaviour::{Attempts, Contest, DoubleSpend, LedgerNode, Plan};
use tickchain::sim::statistics::Summary;
use tickchain::sim::{
    Action, Graph, Network, Observer, Options, Simulation, Site, Time, name, theory,
};

fn account(name: &str) -> Account {
    name.parse().unwrap()
}

/// A network that finds blocks without searching, with one account that has all the money.
fn genesis() -> Genesis {
    let rich = GenesisAccount {
        name: account("rich"),
        balance: 1_000_000.try_into().unwrap(),
        key: None,
    };
    Genesis {
        difficulty: Difficulty::new(0).unwrap(),
        accounts: vec![rich],
        ..Genesis::default()
    }
}

/// A node that mines all the time and does everything at once.
fn honest(node: usize) -> HonestNode {
    let costs = Costs {
        mining: MiningCost::UntilFound { continuous: true },
        broadcasting_block: 0,
        broadcasting_tx: 0,
        receiving_block: 0,
        receiving_tx: 0,
    };
    let config = Config {
        genesis: genesis(),
        costs,
        ..Config::new(name(node))
    };
    HonestNode::new(config).unwrap()
}

fn site(power: f64) -> Site {
    Site {
        region: 0,
        reachable: true,
        power,
    }
}

/// All linked with all, 100 ms apart, with these powers.
fn mesh(
    seed: u64,
    powers: &[f64],
    make: impl FnMut(usize) -> LedgerNode + 'static,
) -> Simulation<LedgerNode> {
    let nodes = powers.len() as u32;
    let links = (0..nodes).flat_map(|from| (from + 1..nodes).map(move |to| (from, to)));
    let graph = Graph {
        nodes: powers.len(),
        links: links.collect(),
    };
    let sites = powers.iter().map(|power| site(*power)).collect();
    let (network, options) = (Network::default(), Options::default());
    Simulation::new(seed, &network, sites, &graph, options, make)
}

/// What was sent, and by whom.
#[derive(Default)]
struct Log(Vec<(usize, Message)>);

impl<N: Node<Message = Message>> Observer<N> for Log {
    fn sent(&mut self, _: Time, from: usize, _: usize, message: &Message, _: Option<Time>) {
        self.0.push((from, message.clone()));
    }
}

/// Who mined which block.
#[derive(Default)]
struct Finds {
    miners: BTreeMap<Hash, usize>,
}

impl<N: Node> Observer<N> for Finds {
    fn event(&mut self, _at: Time, node: usize, event: &Event) {
        if let Event::Mined { hash, .. } = event {
            self.miners.insert(*hash, node);
        }
    }
}

#[test]
fn a_selfish_miner_with_a_ledger_gets_what_theory_says() {
    const BATCH: usize = 50;
    for (alpha, near) in [(0.2, 2), (0.4, 0), (0.4, 2)] {
        let contest = Contest::new(alpha, 2, near);
        let make = |node| {
            if node == 0 {
                LedgerNode::secret(honest(node), Plan::Selfish)
            } else {
                LedgerNode::from(honest(node))
            }
        };
        let (network, options) = (&contest.network, Options::default());
        let mut run = Simulation::new(3, network, contest.sites, &contest.graph, options, make);
        let mut log = Finds::default();
        run.run_until(Time::from_secs(600.0 * 6_000.0), &mut log);

        let ledger = run.nodes()[1].honest().ledger();
        let chain = (1..=ledger.tip().id()).map(|id| ledger.block_at(id).unwrap().hash());
        let own: Vec<f64> = chain
            .map(|hash| f64::from(log.miners[&hash] == 0))
            .collect();
        let shares = own
            .chunks_exact(BATCH)
            .map(|batch| batch.iter().sum::<f64>() / BATCH as f64);
        let measured = Summary::of(&shares.collect::<Vec<f64>>());
        let expected = theory::selfish_revenue(alpha, contest.gamma);
        let off = (measured.mean - expected) / measured.error().unwrap();
        assert!(
            off.abs() < 2.6,
            "{}, not {expected}, {off} sigmas off",
            measured.mean
        );
        // Enough to tell it from honest mining.
        assert!((expected - alpha).abs() > 2.6 * measured.error().unwrap());
    }
}

#[test]
fn what_is_withheld_stays_secret_whoever_asks() {
    let make = |node| {
        if node == 0 {
            LedgerNode::secret(honest(node), Plan::Withholding)
        } else {
            LedgerNode::from(honest(node))
        }
    };
    let mut run = mesh(5, &[0.8, 0.1, 0.1], make);
    let mut log = (Log::default(), Finds::default());
    for hour in 1..=20u32 {
        let at = |minute: u32| Time::from_secs(f64::from(3_600 * hour + 60 * minute));
        // One forgets everything, and asks whoever tells it of a block for all of them.
        let (node, keep) = (1 + hour as usize % 2, false);
        run.schedule(at(0), Action::Crash { node, keep });
        run.schedule(at(1), Action::Restart { node });
    }
    run.run_until(Time::from_secs(80_000.0), &mut log);
    let secret = run.nodes()[0].honest().ledger().tip().id();
    let public = run.nodes()[1].honest().ledger().tip().id();
    assert!(secret > public + 50 && public > 10, "{secret}, {public}");

    let (Log(sent), Finds { miners }) = log;
    for (from, message) in &sent {
        let blocks = match &message.body {
            Body::NewBlock(block) => std::slice::from_ref(&**block),
            Body::Chain { blocks, .. } => blocks,
            _ => continue,
        };
        for block in blocks {
            let secret = miners.get(&block.hash.unwrap()) == Some(&0);
            assert!(!secret, "node {from} sent block {}", block.id);
        }
    }
}

#[test]
fn an_answer_ends_before_what_is_secret() {
    // The honest part of a miner that is far ahead is asked for everything after genesis.
    let mut node = LedgerNode::secret(honest(0), Plan::Withholding);
    let peer = name(1);
    node.handle(Input::Start { salt: 1 });
    let up = Input::PeerUp {
        peer: peer.clone(),
        latency: 0,
    };
    node.handle(up);
    let mut clock = 0;
    let mut tick = |node: &mut LedgerNode| {
        clock += 1;
        node.handle(Input::Clock { to: clock, wall: 0 })
    };
    let mut effects = tick(&mut node);
    for _ in 0..3 {
        let search = effects.iter().find_map(|effect| match effect {
            Effect::Search(search) => Some(search.clone()),
            _ => None,
        });
        let Search { id, start, .. } = search.unwrap();
        let found = Input::NonceFound {
            search: id,
            nonce: start,
        };
        effects = node.handle(found);
        effects.extend(tick(&mut node));
        let told = |effect: &Effect<Message>| {
            let event = matches!(effect, Effect::Event(Event::Sent { .. }));
            event || matches!(effect, Effect::Send { .. })
        };
        assert!(!effects.iter().any(told), "{effects:?}");
    }
    let ledger = node.honest().ledger();
    assert_eq!(ledger.tip().id(), 3);
    let locator = vec![ledger.genesis().hash()];
    let message = Message {
        stamp: 0,
        sequence: 1,
        body: Body::ReqChain(locator),
    };
    node.handle(Input::Message {
        from: peer,
        message,
    });
    let answers: Vec<Body> = tick(&mut node)
        .into_iter()
        .filter_map(|effect| match effect {
            Effect::Send { message, .. } => Some(message.body),
            _ => None,
        })
        .collect();
    let empty = Body::Chain {
        answers: 1,
        blocks: Vec::new(),
    };
    assert_eq!(answers, [empty]);
}

#[test]
fn an_empty_miner_passes_payments_on_but_takes_none_in() {
    let make = |node| match node {
        0 => LedgerNode::empty(honest(node)),
        _ => LedgerNode::from(honest(node)),
    };
    let mut run = mesh(7, &[0.5, 0.25, 0.25], make);
    for number in 0..60u32 {
        let payment = Payment {
            id: Some(TxId::from(u128::from(number) + 1)),
            sender: account("rich"),
            recipient: account("poor"),
            value: 1.try_into().unwrap(),
            sequence: None,
            signature: None,
        };
        let (at, node) = (Time::from_secs(300.0 * f64::from(number)), 0);
        run.schedule(at, Action::Pay { node, payment });
    }
    let mut log = Finds::default();
    run.run_until(Time::from_secs(40_000.0), &mut log);
    let ledger = run.nodes()[1].honest().ledger();
    assert_eq!(ledger.balance(&account("poor")), Some(60));
    let (mut empty, mut full) = (0, 0);
    for (hash, node) in log.miners {
        let Some(block) = ledger.block(&hash) else {
            continue;
        };
        let (id, payments) = (block.id(), block.transactions().len());
        match node {
            0 => empty += 1,
            _ => full += usize::from(payments > 0),
        }
        assert!(node != 0 || payments == 0, "block {id} has {payments}");
    }
    assert!(empty > 10 && full > 10, "{empty}, {full}");
}

/// Runs attacks by a miner with a share `q`, until it has tried so many times.
fn double_spends(q: f64, confirmations: u64, tries: u64) -> (Simulation<LedgerNode>, Attempts) {
    let plan = DoubleSpend {
        account: account("rich"),
        merchant: account("merchant"),
        value: 10.try_into().unwrap(),
        confirmations,
        give_up: 10,
    };
    let make = move |node| {
        if node == 0 {
            LedgerNode::double_spender(honest(node), plan.clone())
        } else {
            LedgerNode::from(honest(node))
        }
    };
    let rest = (1.0 - q) / 2.0;
    let mut run = mesh(11, &[q, rest, rest], make);
    let attempts = |run: &Simulation<LedgerNode>| run.nodes()[0].attempts().unwrap();
    while attempts(&run).begun <= tries {
        assert!(run.step(&mut ()));
    }
    let attempts = attempts(&run);
    (run, attempts)
}

#[test]
fn a_double_spender_gets_its_money_back_as_often_as_theory_says() {
    let (q, confirmations, tries) = (0.3, 2, 400);
    let (run, attempts) = double_spends(q, confirmations, tries);
    assert_eq!(attempts.succeeded + attempts.given_up, tries);
    // A candidate is made when its search begins: the payment is in the second block after the tip it was
    // made at.
    let expected = theory::overtake(q, confirmations as u32 + 1, 10);
    let sigma = (expected * (1.0 - expected) / tries as f64).sqrt();
    let measured = attempts.succeeded as f64 / tries as f64;
    assert!(
        (measured - expected).abs() < 2.6 * sigma,
        "{measured}, not {expected}"
    );

    // What it lost is what the merchant has, in the eyes of an honest node; an attack may be under way.
    let ledger = run.nodes()[1].honest().ledger();
    let merchant = ledger.balance(&account("merchant")).unwrap_or(0);
    let lost = 10 * attempts.given_up;
    assert!(
        merchant == lost || merchant == lost + 10,
        "{merchant}, lost {lost}"
    );
    let all: u64 = ledger.accounts().iter().map(|(_, balance)| balance).sum();
    assert_eq!(all, 1_000_000);
}

#[test]
fn a_payment_that_was_taken_back_can_be_paid_no_more() {
    let (mut run, attempts) = double_spends(0.45, 1, 8);
    // What the last one published is still on its way.
    run.run_until(run.time() + Time::from_secs(1.0), &mut ());
    assert!(attempts.succeeded > 0, "{attempts:?}");
    let honest = run.nodes()[1].honest();
    let merchant = account("merchant");
    let taken_back = honest
        .waiting()
        .filter(|payment| payment.recipient == merchant);
    let taken_back: Vec<TxId> = taken_back.map(|payment| payment.id).collect();
    assert_eq!(taken_back.len() as u64, attempts.succeeded);
    assert!(
        taken_back
            .iter()
            .all(|id| honest.place(id) == Some(Place::Waiting))
    );
}
