//! Whoever watches a run.

use std::iter::once;

use super::action::Action;
use super::time::Time;
use crate::ledger::TxId;
use crate::node::{Event, Name, Node, Offence, RequestError};

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

    /// A node saw another one do what no honest node does.
    fn offended(&mut self, at: Time, node: usize, peer: &Name, offence: Offence) {
        let _ = (at, node, peer, offence);
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

/// Writes out an observer that passes all it is told on to each of some others.
macro_rules! pass_on {
    ($this:ident: $($others:expr),+) => {
        fn event(&mut $this, at: Time, node: usize, event: &Event) {
            $(for other in $others { other.event(at, node, event); })+
        }

        fn sent(
            &mut $this,
            at: Time,
            from: usize,
            to: usize,
            message: &N::Message,
            arrives: Option<Time>,
        ) {
            $(for other in $others { other.sent(at, from, to, message, arrives); })+
        }

        fn delivered(&mut $this, at: Time, from: usize, to: usize, message: &N::Message) {
            $(for other in $others { other.delivered(at, from, to, message); })+
        }

        fn offended(&mut $this, at: Time, node: usize, peer: &Name, offence: Offence) {
            $(for other in $others { other.offended(at, node, peer, offence); })+
        }

        fn acted(&mut $this, at: Time, action: &Action) {
            $(for other in $others { other.acted(at, action); })+
        }

        fn accepted(&mut $this, at: Time, node: usize, id: TxId) {
            $(for other in $others { other.accepted(at, node, id); })+
        }

        fn refused(&mut $this, at: Time, node: usize, error: &RequestError) {
            $(for other in $others { other.refused(at, node, error); })+
        }
    };
}

/// Two that watch the same run.
impl<N: Node, A: Observer<N>, B: Observer<N>> Observer<N> for (A, B) {
    pass_on!(self: once(&mut self.0), once(&mut self.1));
}

/// Watches for someone else.
impl<N: Node, O: Observer<N>> Observer<N> for &mut O {
    pass_on!(self: once(&mut **self));
}

/// Whoever watches, if anyone does.
impl<N: Node, O: Observer<N>> Observer<N> for Option<O> {
    pass_on!(self: self.iter_mut());
}
