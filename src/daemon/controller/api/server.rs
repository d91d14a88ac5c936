//! A controller that is served: where it listens, who may use it, how it ends.

use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener};
use std::sync::Arc;

use async_channel::Sender;
use smol::Task;
use smol::future::zip;

use super::{ControllerApi, Login};
use crate::daemon::DaemonError;
use crate::daemon::controller::Controller;
use crate::daemon::executor;
use crate::daemon::http::{Guard, serve};

/// A controller whose API is served, on the daemon's executor. Dropping it ends the API at once;
/// [`RunningController::stop`] lets it finish.
pub struct RunningController {
    address: SocketAddr,
    controller: Controller,
    login: Option<Arc<Login>>,
    serving: Task<()>,
    stopping: Sender<()>,
}

impl RunningController {
    /// Serves a controller on a socket. Where other machines can reach it, or the guard has a token,
    /// browsers have to log in: `announce` is given each login link after the first.
    ///
    /// # Errors
    /// [`DaemonError::Random`], or [`DaemonError::System`] when the socket fails.
    pub fn new(
        socket: TcpListener,
        controller: Controller,
        mut guard: Guard,
        announce: impl Fn(&str) + Send + Sync + 'static,
    ) -> Result<Self, DaemonError> {
        let system = |source| DaemonError::System {
            what: "a socket that was bound cannot be used",
            source,
        };
        let address = socket.local_addr().map_err(system)?;
        let listener = async_net::TcpListener::try_from(socket).map_err(system)?;
        let login = match address.ip().is_loopback() && guard.token.is_none() {
            true => None,
            false => Some(Login::new(host(address, &guard), announce)?),
        };
        if !address.ip().is_unspecified() {
            // No name is rebound to a page that was opened by the very address.
            guard.allow_hosts.push(address.ip().to_string());
        }
        let api = ControllerApi {
            controller: controller.clone(),
            guard,
            login: login.clone(),
        };
        let (stopping, stopped) = async_channel::bounded::<()>(1);
        let service = api.service();
        let serving = executor::spawn(async move {
            let shutdown = async {
                let _ = stopped.recv().await;
            };
            if let Err(error) = serve(listener, service, shutdown).await {
                log::error!("the controller's API has ended: {error}");
            }
        });
        Ok(Self {
            address,
            controller,
            login,
            serving,
            stopping,
        })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The link that logs one browser in, where they have to.
    pub fn login_link(&self) -> Option<String> {
        self.login.as_ref().map(|login| login.link())
    }

    /// Accepts nothing more, ends what runs, stops the controller's own nodes.
    pub async fn stop(self) {
        self.stopping.close();
        zip(self.controller.stop(), self.serving).await;
    }
}

/// How browsers find it: by the first name that is allowed, where other machines are meant to.
fn host(address: SocketAddr, guard: &Guard) -> String {
    let port = address.port();
    match (guard.allow_hosts.first(), address.ip()) {
        (Some(name), ip) if !ip.is_loopback() => match name.contains(':') {
            true => format!("[{}]:{port}", name.trim_matches(['[', ']'])),
            false => format!("{name}:{port}"),
        },
        (None, IpAddr::V4(ip)) if ip.is_unspecified() => {
            SocketAddr::new(Ipv4Addr::LOCALHOST.into(), port).to_string()
        }
        (None, IpAddr::V6(ip)) if ip.is_unspecified() => format!("[::1]:{port}"),
        _ => address.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_names_a_host_that_is_answered_to() {
        let host = |address: &str, allowed: &[&str]| {
            let guard = Guard {
                allow_hosts: allowed.iter().map(|name| (*name).to_owned()).collect(),
                ..Guard::default()
            };
            super::host(address.parse().unwrap(), &guard)
        };
        assert_eq!(host("127.0.0.1:1", &["box"]), "127.0.0.1:1");
        assert_eq!(host("0.0.0.0:1", &[]), "127.0.0.1:1");
        assert_eq!(host("[::]:1", &[]), "[::1]:1");
        assert_eq!(
            host("0.0.0.0:1", &["box.example", "other"]),
            "box.example:1"
        );
        assert_eq!(host("[::]:1", &["2001:db8::7"]), "[2001:db8::7]:1");
        assert_eq!(host("192.0.2.7:1", &[]), "192.0.2.7:1");
    }
}
