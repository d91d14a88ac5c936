//! The longer texts of `--help`.

pub(super) const LONG_ABOUT: &str = "\
A blockchain you step through, one clock tick at a time.

Nodes keep a small proof-of-work chain and tell each other about payments and blocks. Nothing moves \
until you move a node's clock, so you see each payment and each block travel, forks appear and heal.

Without a command, `mesh` is run: three nodes in this process, started and linked, and a web page to \
watch them and move their clocks.";

pub(super) const AFTER_HELP: &str = "\
Examples:
  tickchain                          three nodes, and their page on http://127.0.0.1:50080
  tickchain mesh --nodes 5 --topology ring --tick 1s
  tickchain node --http 127.0.0.1:50082 --p2p 127.0.0.1:65001 --peer 127.0.0.1:65002
  tickchain controller --node http://127.0.0.1:50082 --node http://127.0.0.1:50083
  tickchain sim run --preset simblock-bitcoin-2019
  tickchain completions bash > ~/.local/share/bash-completion/completions/tickchain

Every option can be given as a variable too: --http-base as TICKCHAIN_HTTP_BASE.
Switches take true or false; lists are separated by commas.
Exit codes: 0 fine, 1 failed, 2 wrong usage.";

pub(super) const NODE_HELP: &str = "\
Examples:
  Three processes, each linked to the others, every node moved by hand:
    tickchain node --start --http 127.0.0.1:50082 --p2p 127.0.0.1:65001 \\
        --peer 127.0.0.1:65002 --peer 127.0.0.1:65003
    tickchain node --start --http 127.0.0.1:50083 --p2p 127.0.0.1:65002 \\
        --peer 127.0.0.1:65001 --peer 127.0.0.1:65003
    tickchain node --start --http 127.0.0.1:50084 --p2p 127.0.0.1:65003 \\
        --peer 127.0.0.1:65001 --peer 127.0.0.1:65002
    curl 'http://127.0.0.1:{50082,50083,50084}/clock/1'

  Peers on other machines, encrypted, for those who have the key:
    tickchain key network network.key
    tickchain node --start --p2p 0.0.0.0:65001 --network-key network.key --node-key node1.key \\
        --allow-peers peers.txt

  A node on free ports that runs by itself and tells a script where it is:
    tickchain node --http 127.0.0.1:0 --p2p 127.0.0.1:0 --start --tick 500ms --json

A genesis file:
    difficulty = 12
    timestamp = \"2009/01/03 18:15:05\"
    [[accounts]]
    name = \"aki\"
    balance = 2

Where payments are signed (signatures = true), each account has a key as well, as `tickchain key account` \
prints it.

Without --data-dir the node is in memory: when it stops, its chain is gone. With it, everything that was
answered or acknowledged is there at the next start, also after a crash.";

pub(super) const MESH_HELP: &str = "\
Examples:
  tickchain mesh                     then open http://127.0.0.1:50080
  curl -H 'content-type: application/json' -d '{\"sender\":\"aki\",\"recipient\":\"so\",\"value\":2}' \\
       http://127.0.0.1:50082/tx/add
  for port in 50082 50083 50084; do curl http://127.0.0.1:$port/clock/1; done
  curl http://127.0.0.1:50082/status

  tickchain mesh --nodes 4 --topology line --http-base 0 --p2p-base 0 --controller 127.0.0.1:0 --json
  tickchain mesh --controller none   the nodes alone
  tickchain mesh --controller 0.0.0.0:50080 --allow-host 192.0.2.7
                                     for other machines too: prints a link that logs one browser in

Without --data-dir the nodes are in memory: when the mesh stops, their chains are gone.";

pub(super) const CONTROLLER_HELP: &str = "\
Examples:
  tickchain controller --node http://127.0.0.1:50082 --node http://127.0.0.1:50083
  tickchain controller --node http://192.0.2.1:50082 --node http://192.0.2.2:50082 \\
      --node-token-file token.txt
  tickchain controller --node http://127.0.0.1:50082 --listen 127.0.0.1:0 --json

The nodes are ticked in the order given. They are not this controller's: it can cut and heal their
links, reset and restore them, but not crash them or start new ones.

  For other machines too:
    tickchain controller --node http://127.0.0.1:50082 --listen 0.0.0.0:50080 --allow-host 192.0.2.7
  It prints a link that logs one browser in, and the next link once that was used. Scripts send the
  secret given with --token, as `Authorization: Bearer`.";

pub(super) const RUN_HELP: &str = "\
Examples:
  tickchain run examples/lessons/first-payment.toml
  tickchain run examples/lessons/*.toml --junit report.xml

Each file is played on a network of its own, on free ports. The report goes to standard output, in the \
Test Anything Protocol (TAP 14): a subtest for each file, a test point for each step.

A scenario:
    version = 1
    title = \"A payment\"
    [[steps]]
    note = \"Aki pays 2 to so.\"
    tx = { at = \"node1\", sender = \"aki\", recipient = \"so\", value = 2 }
    [[steps]]
    until = { condition = \"idle\", limit = 10 }
    expect.all.pool = 1

Exit codes: 0 all was as expected, 1 something was not, or it was interrupted, 2 a file cannot be used.";

pub(super) const MINE_BENCH_HELP: &str = "\
Tells which code searches, MH/s (million nonces a second) for one thread and for all, the ratio to \
hashing whole headers with the sha2 crate, and how long a block takes at each difficulty.

Examples:
  tickchain mine-bench
  tickchain mine-bench --seconds 20 --threads 1 --json
  tickchain mine-bench --bits 28      mine one such block as well";

pub(super) const CHAIN_HELP: &str = "\
Examples, while no node runs on the directory:
  tickchain chain verify --data-dir node1
  tickchain chain export --data-dir node1 node1.jsonl
  tickchain chain export --data-dir node1 | gzip > node1.jsonl.gz
  gunzip < node1.jsonl.gz | tickchain chain import --data-dir node1-again

Exit codes: 0 all is fine, 1 failed or some lines were refused, 2 wrong usage, 3 damaged: something is
wrong or could not be read.";
