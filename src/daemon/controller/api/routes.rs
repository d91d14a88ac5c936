//! Every call of the controller's API: its method, its address, what it does.

use super::{Shared, act, lessons, login, openapi, page, past, view};
use crate::daemon::http::{Route, routes};

pub(super) static ROUTES: &[Route<Shared>] = routes! {
    read "/" => page::page;
    read "/dashboard/:file" => page::file;
    read "/dashboard/vendor/:file" => page::file;
    read "/network" => view::network;
    read "/events" => view::events;
    read "/node/:name" => view::node;
    read "/tree" => view::tree;
    read "/block/:hash" => view::block;
    read "/tx/:id" => view::payment;
    post "/do" => act::act;
    post "/play" => act::play;
    post "/pause" => act::pause;
    read "/history" => past::history;
    post "/goto" => past::go_to;
    read "/save" => past::save;
    post "/load" => past::load;
    read "/snapshots" => past::snapshots;
    post "/snapshot/save" => past::save_snapshot;
    post "/snapshot/restore" => past::restore_snapshot;
    post "/snapshot/remove" => past::remove_snapshot;
    read "/lessons" => lessons::list;
    post "/lesson/open" => lessons::open;
    post "/lesson/next" => lessons::next;
    post "/lesson/play" => lessons::play;
    post "/lesson/close" => lessons::close;
    read "/scenario" => lessons::record;
    get "/login" => login::login;
    read "/healthz" => view::healthz;
    read "/openapi.json" => openapi::document;
};

/// Every call of the controller's API, as method and address with `:name` for parameters.
///
/// ```
/// let mut calls = tickchain::daemon::controller::api::routes();
/// assert!(calls.any(|call| call == ("POST", "/do")));
/// ```
pub fn routes() -> impl Iterator<Item = (&'static str, &'static str)> {
    ROUTES.iter().map(|route| route.address.shown())
}
