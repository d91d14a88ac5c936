//! Every call of a node's API: its method, its address, what it does.

use super::api::Shared;
use super::{blocks, controls, events, openapi, operator, outline, payments, peering, state};
use crate::daemon::http::{Route, routes};

pub(super) static ROUTES: &[Route<Shared>] = routes! {
    get "/start" => controls::start;
    post "/start" => controls::start;
    get "/reset" => controls::reset;
    post "/reset" => controls::reset;
    get "/mine" => controls::mine;
    post "/mine" => controls::mine;
    get "/clock/:clock" => controls::clock;
    post "/clock/:clock" => controls::clock;
    post "/tick" => controls::tick;
    read "/status" => controls::status;
    read "/block/latest" => blocks::latest;
    read "/block/all" => blocks::all;
    read "/block/:block" => blocks::one;
    post "/block/add" => blocks::add;
    read "/tree" => blocks::tree;
    read "/txPool/all" => payments::pool;
    post "/tx/add" => payments::add;
    read "/tx/:id" => payments::place;
    read "/accounts" => payments::accounts;
    read "/peer" => peering::list;
    post "/peer/add" => peering::add;
    post "/peer/clear" => peering::clear;
    read "/events" => events::events;
    read "/outline" => outline::get;
    read "/state" => state::get;
    put "/state" => state::put;
    read "/healthz" => operator::healthz;
    read "/metrics" => operator::metrics;
    read "/openapi.json" => openapi::document;
};

/// Every call of a node's API, as method and address with `:name` for parameters.
///
/// ```
/// let mut calls = tickchain::daemon::node_api::routes();
/// assert!(calls.any(|call| call == ("GET", "/clock/:clock")));
/// ```
pub fn routes() -> impl Iterator<Item = (&'static str, &'static str)> {
    ROUTES.iter().map(|route| route.address.shown())
}
