//! Disks that are full, or that take no writes any more.

use std::fs::{File, remove_file};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::Command;

use rustix::process::{Resource, Rlimit, getrlimit, prlimit};
use serde_json::json;

use super::client::Reply;
use super::load::{Load, account};
use super::network::Network;
use super::node::Node;
use super::process::until;
use super::rig::{Rig, Setup};
use super::space::Space;

/// The size of the disk of [`Disk`].
const DISK: &str = "96M";

/// A small file system of its own, which only those see who are in its space.
pub struct Disk {
    pub space: Space,
    image: PathBuf,
    at: String,
}

impl Disk {
    /// A disk that is mounted at a folder.
    fn new(folder: &Path) -> io::Result<Self> {
        let space = Space::new(&["--mount"])?;
        let image = folder.with_extension("disk");
        let run = |command: &mut Command| match command.output()? {
            output if output.status.success() => Ok(()),
            output => Err(io::Error::other(format!("{command:?}: {output:?}"))),
        };
        run(Command::new("truncate").args(["--size", DISK]).arg(&image))?;
        run(Command::new("mkfs.ext4").arg("-q").arg(&image))?;
        std::fs::create_dir(folder)?;
        let disk = Self {
            space,
            image,
            at: folder.to_str().expect("a folder's name is text").to_owned(),
        };
        disk.mount()?;
        Ok(disk)
    }

    fn mount(&self) -> io::Result<()> {
        let image = self.image.to_str().expect("a file's name is text");
        self.space.run("mount", &["-o", "loop", image, &self.at])
    }

    /// From now on nothing can be written, as when the disk had an error.
    fn abort(&self) -> io::Result<()> {
        self.space.run("mount", &["-o", "remount,abort", &self.at])
    }

    /// From now on nothing that is written comes to its end, until what this gives is dropped.
    fn hang(&self) -> io::Result<Hanging<'_>> {
        self.space.run("fsfreeze", &["--freeze", &self.at])?;
        Ok(Hanging(self))
    }

    fn unmount(&self) -> io::Result<()> {
        self.space.run("umount", &[&self.at])
    }

    fn filler(&self) -> PathBuf {
        self.space.path(&format!("{}/filler", self.at))
    }

    /// Fills it to the last byte.
    fn fill(&self) {
        let mut file = File::create(self.filler()).expect("there is room");
        for size in [1 << 20, 4096, 1] {
            let bytes = vec![1; size];
            while file.write_all(&bytes).is_ok() {}
        }
        file.sync_all().expect("what fits lasts");
    }
}

/// A disk that hangs.
struct Hanging<'disk>(&'disk Disk);

impl Drop for Hanging<'_> {
    fn drop(&mut self) {
        let Disk { space, at, .. } = self.0;
        space.run("fsfreeze", &["--unfreeze", at]).expect("it hung");
    }
}

/// Two nodes that keep what they know, the first on a disk of its own. `None` where that cannot be made.
fn rig_with_disk() -> Option<Rig> {
    let mut rig = Rig::stopped(setup());
    match Disk::new(&rig.data(0)) {
        Ok(disk) => {
            rig.disk = Some(disk);
            rig.start_all();
            Some(rig)
        }
        Err(error) => {
            println!("skipped, as no disk can be mounted: {error}");
            None
        }
    }
}

fn setup() -> Setup {
    Setup {
        nodes: 2,
        keep: true,
        ..Setup::new(Network::streams)
    }
}

/// A payment to a node; the status of its answer.
fn pay(node: &Node) -> u16 {
    let payment = json!({"sender": account(0, 0), "recipient": account(0, 1), "value": 1});
    node.call("POST", "/tx/add", &payment.to_string()).status
}

/// Waits until the first node takes no payments, with a reason in its answer and in its log; it answers
/// what is asked, and the others go on.
#[track_caller]
fn check_refusing(rig: &mut Rig, statuses: &[u16], word: &str) {
    rig.within("payments are refused", |rig| {
        statuses.contains(&pay(&rig.nodes[0]))
    });
    let reply = rig.nodes[0].call("POST", "/mine", "");
    assert!(statuses.contains(&reply.status), "{reply:?}");
    let problem = reply.json();
    assert_eq!(problem["status"], reply.status);
    let detail = problem["detail"].as_str().expect("a sentence");
    assert!(detail.contains(word), "{detail}");
    rig.within("it is in the log", |rig| {
        let said = rig.nodes[0].said();
        said.contains("ERROR") && said.contains(word)
    });
    for path in [
        "/status",
        "/block/latest",
        "/block/all",
        "/accounts",
        "/txPool/all",
        "/metrics",
    ] {
        rig.nodes[0].call("GET", path, "").expect(200);
    }
    rig.check_kept(0);
    let height = rig.nodes[1].tip().1;
    rig.within("the others go on", |rig| rig.nodes[1].tip().1 > height + 2);
    rig.check_kept(0);
}

#[test]
fn a_full_disk_refuses_writes_until_there_is_room() {
    let Some(mut rig) = rig_with_disk() else {
        return;
    };
    let load = rig.load();
    for round in 0..2 {
        rig.grow(3);
        rig.disk().fill();
        check_refusing(&mut rig, &[507], "space");
        if round == 1 {
            // A power cut on top of it.
            rig.kill(0);
            remove_file(rig.disk().filler()).expect("it is there");
            rig.start(0);
            rig.check_kept(0);
        } else {
            remove_file(rig.disk().filler()).expect("it is there");
        }
        rig.within("payments are taken again", |rig| pay(&rig.nodes[0]) == 200);
    }
    rig.grow(3);
    load.end();
    rig.check();
}

#[test]
fn a_disk_that_turns_read_only_refuses_writes() {
    let Some(mut rig) = rig_with_disk() else {
        return;
    };
    let load = rig.load();
    rig.grow(3);
    // Of a sync that is cut off in its midst Linux says that it succeeded, and what was synced is not there after the
    // next mount, whoever writes it: so none is on its way.
    rig.nodes[0].pause();
    rig.disk().abort().expect("root may do that");
    rig.nodes[0].resume();
    check_refusing(&mut rig, &[503], "written");
    rig.kill(0);
    rig.disk().unmount().expect("nobody uses it");
    rig.disk().mount().expect("its journal is sound");
    rig.start(0);
    rig.check_kept(0);
    rig.grow(3);
    load.end();
    rig.check();
}

#[test]
fn a_disk_that_hangs_holds_up_what_is_to_last_and_nothing_else() {
    let Some(mut rig) = rig_with_disk() else {
        return;
    };
    let hanging = rig.disk().hang().expect("root may do that");
    let mut waits = rig.nodes[0].client();
    let payment = json!({"sender": account(0, 0), "recipient": account(0, 1), "value": 1});
    let sent = waits.send("POST", "/tx/add", &payment.to_string());
    sent.expect("it is heard");
    let node = &rig.nodes[0];
    until("it says that a write takes long", || {
        let health = node.call("GET", "/healthz", "");
        let storage = health.json()["storage"].clone();
        health.status == 503
            && storage
                .as_str()
                .is_some_and(|said| said.contains("a write has taken"))
    });
    let height = rig.nodes[1].tip().1;
    rig.nodes[1].post("/mine", "");
    until("the others go on", || rig.nodes[1].tip().1 > height);
    drop(hanging);
    waits.receive().expect("it was only late").expect(200);
    rig.within("links come back", |rig| rig.nodes[0].is_linked());
    rig.check_kept(0);
}

/// The files are there and cannot be opened, as when descriptors have run out.
#[test]
fn a_database_that_cannot_be_opened_anew_is_opened_later() {
    let (mut rig, load) = rig_whose_files_cannot_grow();
    load.end();
    let (database, away) = (rig.data(0).join("database"), rig.data(0).join("away"));
    std::fs::rename(&database, &away).expect("it is there");
    File::create(&database).expect("there is room");
    limit(&rig, Resource::Fsize, None);
    let closed = |reply: &Reply| {
        let detail = reply.json()["detail"].clone();
        reply.status == 503
            && detail
                .as_str()
                .is_some_and(|said| said.contains("neither read nor"))
    };
    rig.within("nothing is written or read", |rig| {
        let node = &rig.nodes[0];
        closed(&node.call("POST", "/mine", "")) && closed(&node.call("GET", "/block/latest", ""))
    });
    rig.nodes[0].call("GET", "/healthz", "").expect(503);
    remove_file(&database).expect("it is there");
    std::fs::rename(&away, &database).expect("it is there");
    rig.within("payments are taken again", |rig| pay(&rig.nodes[0]) == 200);
    let load = rig.load();
    rig.grow(3);
    load.end();
    rig.check();
}

/// The first of its nodes refuses what would change it.
fn rig_whose_files_cannot_grow() -> (Rig, Load) {
    let mut rig = Rig::new(Setup {
        // Else a signal ends the process.
        limits: Some("-c 0; trap '' XFSZ"),
        ..setup()
    });
    let load = rig.load();
    rig.grow(3);
    limit(&rig, Resource::Fsize, Some(1));
    check_refusing(&mut rig, &[503, 507], "");
    (rig, load)
}

fn limit(rig: &Rig, resource: Resource, current: Option<u64>) {
    let maximum = getrlimit(resource).maximum;
    let new = Rlimit { current, maximum };
    prlimit(Some(rig.nodes[0].pid()), resource, new).expect("it is a child");
}

/// Files that cannot grow are as good as a full disk, and need no root.
#[test]
fn files_that_cannot_grow_refuse_writes_until_they_can() {
    let (mut rig, load) = rig_whose_files_cannot_grow();
    limit(&rig, Resource::Fsize, None);
    rig.within("payments are taken again", |rig| pay(&rig.nodes[0]) == 200);
    rig.grow(3);
    load.end();
    rig.check();
}
