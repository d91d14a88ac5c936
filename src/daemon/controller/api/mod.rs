//! The controller's HTTP API and its page: [`ControllerApi::service`], carried by
//! [`serve`](crate::daemon::http::serve).

mod act;
mod lessons;
mod login;
mod openapi;
mod page;
mod past;
mod problem;
mod routes;
mod server;
mod view;

use std::sync::Arc;

use hyper::Method;
use hyper::http::request::Parts;

pub use self::act::{MAX_ACTIONS, MAX_INTERVAL_MS};
pub use self::login::{Login, MAX_SESSIONS};
pub use self::routes::routes;
pub use self::server::RunningController;
use super::{Controller, MAX_NETWORK_FILE_BYTES};
use crate::daemon::http::{
    Application, Closing, Guard, History, Limit, MAX_STREAMS, Problem, Service,
};
use crate::node::MAX_MESSAGE_BYTES;

/// The largest body of `POST do`, which may hand in a block as large as a message between peers, 4 MiB.
pub const MAX_ACTION_BYTES: usize = MAX_MESSAGE_BYTES;

/// Actions whose bodies are read at once.
pub const MAX_ACTION_BODIES: usize = 8;

/// A controller and who may use it.
pub struct ControllerApi {
    /// The controller.
    pub controller: Controller,
    /// Who may call.
    pub guard: Guard,
    /// How browsers show that they may; where there is none, and no token, anyone may whom the guard
    /// lets in.
    pub login: Option<Arc<Login>>,
}

impl ControllerApi {
    /// The API of this controller.
    pub fn service(self) -> Service {
        let shared = Shared {
            controller: self.controller,
            guard: self.guard,
            login: self.login,
            streams: Limit::new(MAX_STREAMS, "event streams"),
            actions: Limit::new(MAX_ACTIONS, "actions"),
            action_bodies: Limit::new(MAX_ACTION_BODIES, "large bodies"),
            network_files: Limit::new(1, "network file"),
            networks: Limit::new(1, "whole network"),
            closing: Closing::new(),
            history: History::new(),
        };
        Service::new(Arc::new(shared), routes::ROUTES)
    }
}

/// What every handler is given.
type Api = Arc<Shared>;

/// A [`ControllerApi`] with what its service keeps beside it.
struct Shared {
    controller: Controller,
    guard: Guard,
    login: Option<Arc<Login>>,
    /// Event streams that are open.
    streams: Arc<Limit>,
    /// Actions that are being done or wait for their turn.
    actions: Arc<Limit>,
    /// Bodies of actions that are being read.
    action_bodies: Arc<Limit>,
    /// Network files that are being received.
    network_files: Arc<Limit>,
    /// Networks that are being saved or loaded.
    networks: Arc<Limit>,
    closing: Closing,
    history: History,
}

impl Application for Shared {
    fn guard(&self) -> &Guard {
        &self.guard
    }

    fn closing(&self) -> &Closing {
        &self.closing
    }

    fn admit(&self, parts: &Parts) -> Result<(), Problem> {
        match &self.login {
            None => self.guard.check_token(parts),
            Some(login) if login.admits(parts) => Ok(()),
            Some(_) if self.guard.token.is_some() && self.guard.check_token(parts).is_ok() => {
                Ok(())
            }
            Some(login) => Err(login.stranger(parts)),
        }
    }

    fn large_body(&self, method: &Method, path: &str) -> Option<(usize, &Arc<Limit>)> {
        match (method, path) {
            (&Method::POST, "/do") => Some((MAX_ACTION_BYTES, &self.action_bodies)),
            (&Method::POST, "/load") => Some((MAX_NETWORK_FILE_BYTES, &self.network_files)),
            _ => None,
        }
    }
}
