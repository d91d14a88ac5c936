//! Bodies of a controller's `POST do`: what is an action is so again when it is written, and each is
//! answered.

use smol::LocalExecutor;
use tickchain::daemon::controller::api::ControllerApi;
use tickchain::daemon::controller::{Action, Add, Controller, Setup};
use tickchain::daemon::http::Guard;

use super::bodies::{is_granted, request};
use super::exchange::exchange;

pub fn run(bytes: &[u8]) {
    let action = serde_json::from_slice::<Action>(bytes).ok();
    if let Some(action) = &action {
        let json = serde_json::to_vec(action).expect("it has string keys only");
        assert_eq!(
            serde_json::from_slice::<Action>(&json).ok().as_ref(),
            Some(action)
        );
    }
    if matches!(action, Some(Action::Add(Add::Url(_)))) {
        // It would call wherever the input says.
        return;
    }
    let setup = Setup::default();
    let controller = smol::block_on(Controller::new(setup)).expect("no nodes are no conflict");
    let service = ControllerApi {
        controller,
        guard: Guard::default(),
        login: None,
    }
    .service();
    let answer = exchange(
        &LocalExecutor::new(),
        &service,
        &request("POST /do", bytes),
        true,
    );
    assert!(
        !is_granted(&answer) || action.is_some(),
        "it did what is no action"
    );
}
