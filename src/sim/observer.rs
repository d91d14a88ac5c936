//! Whoever watches a run.

use super::action::Action;
use super::time::Time;
use crate::ledger::TxId;
use crate::node::{Event, Node, RequestError};

/// Is told what happens in a run, in order, and changes nothing. Each method does nothing unless it is
/// written out.
///
/// ```
/// use tickchain::node::{Event, HonestNode, Node};
/// use tickchain::sim::{Observer, Time};
///
/// /// Counts blocks mined.
/// struct Mined(usize);
///
/// impl<N: Node> Observer<N> for Mined {
///     fn event(&mut self, _at: Time, _node: usize, event: &Event) {
///         self.0 += usize::from(matches!(event, Event::Mined { .. }));
///     }
/// }
///
/// let mut mined = Mined(0);
/// Observer::<HonestNode>::event(&mut mined, Time::ZERO, 0, &Event::Started);
/// assert_eq!(mined.0, 0);
/// ```
pub trait Observer<N: Node> {
    /// A node told an event.
    fn event(&mut self, at: Time, node: usize, event: &Event) {
        let _ = (at, node, event);
    }

    /// A message was handed to the network. It arrives at `arrives`, or is lost; one that comes twice is
    /// told of twice.
    fn sent(
        &mut self,
        at: Time,
        from: usize,
        to: usize,
        message: &N::Message,
        arrives: Option<Time>,
    ) {
        let _ = (at, from, to, message, arrives);
    }

    /// A message was handed to the node it was for.
    fn delivered(&mut self, at: Time, from: usize, to: usize, message: &N::Message) {
        let _ = (at, from, to, message);
    }

    /// Something is done from outside.
    fn acted(&mut self, at: Time, action: &Action) {
        let _ = (at, action);
    }

    /// A node accepted a payment that was asked of it.
    fn accepted(&mut self, at: Time, node: usize, id: TxId) {
        let _ = (at, node, id);
    }

    /// A node refused what was asked of it.
    fn refused(&mut self, at: Time, node: usize, error: &RequestError) {
        let _ = (at, node, error);
    }
}

/// Watches nothing.
impl<N: Node> Observer<N> for () {}

/// Two that watch the same run.
impl<N: Node, A: Observer<N>, B: Observer<N>> Observer<N> for (A, B) {
    fn event(&mut self, at: Time, node: usize, event: &Event) {
        self.0.event(at, node, event);
        self.1.event(at, node, event);
    }

    fn sent(
        &mut self,
        at: Time,
        from: usize,
        to: usize,
        message: &N::Message,
        arrives: Option<Time>,
    ) {
        self.0.sent(at, from, to, message, arrives);
        self.1.sent(at, from, to, message, arrives);
    }

    fn delivered(&mut self, at: Time, from: usize, to: usize, message: &N::Message) {
        self.0.delivered(at, from, to, message);
        self.1.delivered(at, from, to, message);
    }

    fn acted(&mut self, at: Time, action: &Action) {
        self.0.acted(at, action);
        self.1.acted(at, action);
    }

    fn accepted(&mut self, at: Time, node: usize, id: TxId) {
        self.0.accepted(at, node, id);
        self.1.accepted(at, node, id);
    }

    fn refused(&mut self, at: Time, node: usize, error: &RequestError) {
        self.0.refused(at, node, error);
        self.1.refused(at, node, error);
    }
}

/// Watches for someone else.
impl<N: Node, O: Observer<N>> Observer<N> for &mut O {
    fn event(&mut self, at: Time, node: usize, event: &Event) {
        (**self).event(at, node, event);
    }

    fn sent(
        &mut self,
        at: Time,
        from: usize,
        to: usize,
        message: &N::Message,
        arrives: Option<Time>,
    ) {
        (**self).sent(at, from, to, message, arrives);
    }

    fn delivered(&mut self, at: Time, from: usize, to: usize, message: &N::Message) {
        (**self).delivered(at, from, to, message);
    }

    fn acted(&mut self, at: Time, action: &Action) {
        (**self).acted(at, action);
    }

    fn accepted(&mut self, at: Time, node: usize, id: TxId) {
        (**self).accepted(at, node, id);
    }

    fn refused(&mut self, at: Time, node: usize, error: &RequestError) {
        (**self).refused(at, node, error);
    }
}

/// Whoever watches, if anyone does.
impl<N: Node, O: Observer<N>> Observer<N> for Option<O> {
    fn event(&mut self, at: Time, node: usize, event: &Event) {
        if let Some(observer) = self {
            observer.event(at, node, event);
        }
    }

    fn sent(
        &mut self,
        at: Time,
        from: usize,
        to: usize,
        message: &N::Message,
        arrives: Option<Time>,
    ) {
        if let Some(observer) = self {
            observer.sent(at, from, to, message, arrives);
        }
    }

    fn delivered(&mut self, at: Time, from: usize, to: usize, message: &N::Message) {
        if let Some(observer) = self {
            observer.delivered(at, from, to, message);
        }
    }

    fn acted(&mut self, at: Time, action: &Action) {
        if let Some(observer) = self {
            observer.acted(at, action);
        }
    }

    fn accepted(&mut self, at: Time, node: usize, id: TxId) {
        if let Some(observer) = self {
            observer.accepted(at, node, id);
        }
    }

    fn refused(&mut self, at: Time, node: usize, error: &RequestError) {
        if let Some(observer) = self {
            observer.refused(at, node, error);
        }
    }
}
