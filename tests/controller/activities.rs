//! What runs by itself, and what may happen meanwhile.

use std::time::Duration;

use serde_json::json;
use tickchain::daemon::controller::{ActivityKind, ControllerError};

use crate::rig::{Rig, test};

const FAST: Duration = Duration::from_millis(1);

#[test]
fn it_plays_until_it_is_paused() {
    test(async {
        let mut rig = Rig::three().await;
        rig.controller.play(FAST).await.unwrap();
        let network = rig.until(|network| network.tick >= 3).await;
        let activity = network.activity.unwrap();
        assert_eq!(activity.kind, ActivityKind::Play);
        assert_eq!((activity.interval_ms, activity.of), (Some(1), None));
        assert!(activity.done >= 2);

        let refused = rig.controller.play(FAST).await.unwrap_err();
        assert!(matches!(refused, ControllerError::Busy { .. }));
        let refused = rig.try_act(json!({"tick": 1})).await.unwrap_err();
        let text = refused.to_string();
        assert!(
            text.contains("a tick each 1 ms") && text.contains("/pause"),
            "{text}"
        );

        // Between two ticks there is room for actions.
        rig.act(json!({"mine": "node1"})).await;
        rig.until(|network| network.nodes.iter().all(|node| node.height == 1))
            .await;

        rig.controller.pause().await;
        let tick = rig.network().tick;
        assert_eq!(rig.network().activity, None);
        rig.told();
        rig.tick(1).await;
        assert_eq!(rig.network().tick, tick + 1);
        rig.controller.pause().await;
    });
}

#[test]
fn a_long_wait_is_ended_by_a_pause() {
    test(async {
        let mut rig = Rig::three().await;
        let controller = rig.controller.clone();
        let until = json!({"until": {"condition": "block", "limit": 10_000}});
        let waiting = smol::spawn(async move {
            let action = serde_json::from_value(until).unwrap();
            controller.act(action).await.unwrap()
        });
        rig.until(|network| network.tick >= 2).await;
        rig.controller.pause().await;
        let outcome = waiting.await;
        assert_eq!((outcome.met, outcome.stopped), (Some(false), Some(true)));
        assert!(outcome.reason.unwrap().starts_with("paused after"));
        assert_eq!(outcome.tick, rig.network().tick);

        // One that plays with long pauses does not wait for the next one to end.
        rig.controller
            .play(Duration::from_secs(3600))
            .await
            .unwrap();
        rig.until(|network| {
            network
                .activity
                .as_ref()
                .is_some_and(|activity| activity.done == 1)
        })
        .await;
        rig.controller.pause().await;
    });
}

#[test]
fn a_limit_ends_what_never_comes() {
    test(async {
        let mut rig = Rig::three().await;
        let outcome = rig
            .try_act(json!({"until": {"condition": "block", "limit": 4}}))
            .await
            .unwrap();
        assert_eq!(
            (outcome.is_success(), outcome.met, outcome.tick),
            (false, Some(false), 4)
        );
        // What is so already takes no tick.
        for condition in ["idle", "one-tip"] {
            let until = json!({"until": {"condition": condition, "limit": 4}});
            assert_eq!(rig.act(until).await.tick, 4);
        }
        rig.act(json!({"mine": "node2"})).await;
        let outcome = rig
            .act(json!({"until": {"condition": "block", "limit": 4}}))
            .await;
        assert_eq!(outcome.tick, 7);
        let activities = rig
            .told()
            .into_iter()
            .filter(|event| event["type"] == "activity");
        let done: Vec<_> = activities
            .map(|event| event["activity"]["done"].clone())
            .collect();
        assert_eq!(
            done[..6],
            [
                json!(0),
                json!(1),
                json!(2),
                json!(3),
                json!(4),
                json!(null)
            ]
        );
        for limit in [0, 10_001] {
            let until = json!({"until": {"condition": "idle", "limit": limit}});
            assert!(rig.try_act(until).await.is_err());
        }
    });
}

#[test]
fn a_reset_of_all_ends_what_plays() {
    test(async {
        let mut rig = Rig::three().await;
        rig.controller.play(FAST).await.unwrap();
        rig.until(|network| network.tick >= 2).await;
        rig.act(json!({"reset": {}})).await;
        let network = rig.network();
        assert_eq!((network.tick, network.activity), (0, None));
    });
}
