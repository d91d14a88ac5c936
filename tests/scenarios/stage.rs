//! A scenario on a controller's page, and what was done as a scenario.

use std::time::Duration;

use smol::Timer;
use smol::future::FutureExt;
use tempfile::TempDir;
use tickchain::daemon::controller::scenario::{self, Player, StepResult};
use tickchain::daemon::controller::{
    Action, Controller, ControllerError, Fleet, LessonView, Setup,
};
use tickchain::daemon::mesh::{self, MeshSetup};

use crate::process::PATIENCE;

fn test(body: impl Future<Output = ()>) {
    let late = async {
        Timer::after(PATIENCE).await;
        panic!("still not done after {PATIENCE:?}");
    };
    smol::block_on(body.or(late));
}

/// A controller of a mesh of three, and the folder of its snapshots.
async fn three() -> (Controller, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let setup = MeshSetup::default();
    let nodes = mesh::run(&setup).await.unwrap();
    let controller = Controller::new(Setup {
        fleet: Some(Fleet::new(setup, nodes)),
        snapshots: Some(folder.path().to_owned()),
        ..Setup::default()
    });
    (controller.await.unwrap(), folder)
}

async fn open(controller: &Controller, lesson: &str) {
    let scenario = scenario::lesson(lesson).unwrap();
    controller
        .open_lesson(scenario, Some(lesson.to_owned()))
        .await
        .unwrap();
}

fn view(controller: &Controller) -> LessonView {
    controller.network().lesson.expect("a lesson is open")
}

async fn act(controller: &Controller, action: &str) {
    let parsed: Action = serde_json::from_str(action).unwrap();
    controller
        .act(parsed)
        .await
        .unwrap_or_else(|error| panic!("{action}: {error}"));
}

/// Waits until nothing runs by itself.
async fn quiet(controller: &Controller) {
    while controller.network().activity.is_some() {
        Timer::after(Duration::from_millis(2)).await;
    }
}

#[test]
fn a_lesson_is_played_step_by_step() {
    test(async {
        let (controller, _folder) = three().await;
        let none = controller.next_step().await;
        assert!(matches!(none, Err(ControllerError::Conflict(_))));
        act(&controller, r#"{"tick": 2}"#).await;
        open(&controller, "fifty-one-percent").await;
        let names: Vec<String> = (controller.network().nodes.iter())
            .map(|node| node.name.to_string())
            .collect();
        assert_eq!(names, ["shop", "miner", "rogue1", "rogue2"]);
        assert_eq!(controller.network().tick, 0);
        assert_eq!(
            controller.snapshots().await.unwrap().len(),
            1,
            "what was there is kept"
        );
        let begun = view(&controller);
        assert_eq!(
            (begun.step, begun.of, begun.done),
            (0, begun.steps.len(), false)
        );
        assert_eq!(begun.lesson.as_deref(), Some("fifty-one-percent"));
        for step in 1..=begun.of {
            controller.next_step().await.unwrap();
            let view = view(&controller);
            assert_eq!((view.step, view.unmet.as_deref()), (step, None));
            if let Some(note) = &view.steps[step - 1].note {
                assert_eq!(view.caption, *note);
            }
        }
        assert!(view(&controller).done);
        controller.next_step().await.unwrap();
        assert_eq!(
            view(&controller).step,
            begun.of,
            "nothing comes after the last"
        );
        controller.close_lesson().await;
        assert_eq!(controller.network().lesson, None);
        assert_eq!(controller.network().nodes.len(), 4, "the network stays");
        controller.stop().await;
    });
}

#[test]
fn a_lesson_plays_is_paused_and_goes_on() {
    test(async {
        let (controller, _folder) = three().await;
        let text = "version = 1\ntitle = \"t\"\n[[steps]]\ntick = 5\nexpect.all.clock = 5\n\
                    [[steps]]\nuntil = { condition = \"block\", limit = 3 }\n[[steps]]\ntick = 1\n";
        let scenario = scenario::parse("t.toml", text).unwrap();
        controller.open_lesson(scenario, None).await.unwrap();
        controller
            .play_lesson(Duration::from_secs(60))
            .await
            .unwrap();
        let busy = controller.next_step().await;
        assert!(matches!(busy, Err(ControllerError::Busy { .. })));
        while controller.network().tick == 0 {
            Timer::after(Duration::from_millis(2)).await;
        }
        controller.pause().await;
        assert_eq!((view(&controller).step, controller.network().tick), (0, 1));
        controller.play_lesson(Duration::ZERO).await.unwrap();
        quiet(&controller).await;
        let view = view(&controller);
        assert_eq!((view.step, view.done), (2, true));
        let unmet = view.unmet.expect("nobody mines");
        assert!(unmet.starts_with("step 2, line 6: "), "{unmet}");
        assert_eq!(
            controller.network().tick,
            8,
            "the first step had five ticks all the same"
        );
        controller.stop().await;
    });
}

#[test]
fn what_was_done_can_be_done_again() {
    test(async {
        let (controller, _folder) = three().await;
        for action in [
            r#"{"tick": 2}"#,
            r#"{"reset": {}}"#,
            r#"{"tx": {"at": "node1", "sender": "aki", "recipient": "so", "value": 2}}"#,
            r#"{"tx": {"at": "node2", "sender": "aki", "recipient": "so", "value": 3, "id": "000000000000000000000000000000ff"}}"#,
            r#"{"until": {"condition": "idle", "limit": 20}}"#,
            r#"{"mine": "node1"}"#,
            r#"{"cut": ["node3"]}"#,
            r#"{"tick": 3}"#,
            r#"{"forge": {"of": "node1", "id": 1, "change": {"value": 1}}}"#,
            r#"{"tick": 4}"#,
            r#"{"crash": "node2"}"#,
            r#"{"tick": 1}"#,
            r#"{"start": "node2"}"#,
            r#"{"add": {"link": ["node3"]}}"#,
            r#"{"mine": "node4"}"#,
            r#"{"heal": ["node3"]}"#,
            r#"{"tick": 9}"#,
            r#"{"mine": "node3"}"#,
            r#"{"tick": 2}"#,
        ] {
            act(&controller, action).await;
        }
        let done = controller.network();
        let text = controller.scenario().await.unwrap();
        let scenario =
            scenario::parse("done.toml", &text).unwrap_or_else(|error| panic!("{error}\n{text}"));
        let steps = scenario.steps.len();
        let mut player = Player::open(&controller, scenario, None).await.unwrap();
        for step in 1..=steps {
            let played = player.next(&controller).await.unwrap().expect("a step");
            assert_eq!(played.result, StepResult::Met, "step {step}\n{text}");
        }
        let again = controller.network();
        assert_eq!(again.tick, done.tick);
        for (again, done) in again.nodes.iter().zip(&done.nodes) {
            let facts = |node: &tickchain::daemon::controller::NodeView| {
                (
                    node.name.clone(),
                    node.status,
                    node.clock,
                    node.height,
                    node.pool,
                    node.inbox,
                )
            };
            assert_eq!(facts(again), facts(done), "{text}");
        }
        assert_eq!(
            controller.scenario().await.unwrap(),
            text,
            "played, it is the same once more"
        );
        controller.stop().await;
    });
}

#[test]
fn going_back_takes_back_what_was_done() {
    test(async {
        let (controller, _folder) = three().await;
        for action in [
            r#"{"tick": 1}"#,
            r#"{"mine": "node1"}"#,
            r#"{"tick": 1}"#,
            r#"{"mine": "node2"}"#,
            r#"{"tick": 1}"#,
        ] {
            act(&controller, action).await;
        }
        let text = controller.scenario().await.unwrap();
        assert!(
            text.contains("mine = \"node1\"") && text.contains("mine = \"node2\""),
            "{text}"
        );
        controller.goto(0, 1).await.unwrap();
        act(&controller, r#"{"mine": "node3"}"#).await;
        let text = controller.scenario().await.unwrap();
        assert!(!text.contains("mine = \"node2\""), "{text}");
        assert!(text.contains("mine = \"node3\""), "{text}");
        controller.stop().await;
    });
}

#[test]
fn what_did_not_begin_here_is_not_told() {
    test(async {
        let (controller, _folder) = three().await;
        act(&controller, r#"{"tick": 1}"#).await;
        controller.save_snapshot("one").await.unwrap();
        controller.restore_snapshot("one").await.unwrap();
        let error = controller.scenario().await.unwrap_err();
        assert!(error.to_string().contains("reset all nodes"), "{error}");
        act(&controller, r#"{"reset": {}}"#).await;
        assert!(controller.scenario().await.is_ok());
        controller.stop().await;
    });
}
