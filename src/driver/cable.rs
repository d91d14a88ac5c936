//! A link between two nodes of one process.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;

use super::error::DriverError;
use super::handle::Handle;
use super::link::Link;
use crate::node::{Name, Node};

/// A link between two nodes of one process, both ends up. Messages travel while [`Cable::run`] does.
#[derive(Debug)]
pub struct Cable<M> {
    a: Link<M>,
    b: Link<M>,
}

/// Links two nodes of one process; each is given with its name. `latency` is in clocks. When this
/// returns both know of each other; then run the [`Cable`] as a task of its own.
///
/// # Errors
/// As [`Handle::connect`]; then neither is linked.
pub async fn join<A, B>(
    (a, a_name): (&Handle<A>, Name),
    (b, b_name): (&Handle<B>, Name),
    latency: u64,
) -> Result<Cable<A::Message>, DriverError>
where
    A: Node,
    B: Node<Message = A::Message>,
{
    let a = a.connect(b_name, latency).await?;
    let b = b.connect(a_name, latency).await?;
    Ok(Cable { a, b })
}

impl<M> Cable<M> {
    /// Carries messages both ways, each acknowledged as it is delivered, until a node closes its end.
    /// Dropping the future cuts the cable.
    pub async fn run(self) {
        either(pump(&self.a, &self.b), pump(&self.b, &self.a)).await;
    }
}

async fn pump<M>(from: &Link<M>, to: &Link<M>) {
    while let Some(message) = from.outgoing().await {
        if to.deliver(message).await.is_err() {
            return;
        }
        from.acknowledged(1);
    }
}

/// Runs both until one is done.
async fn either(a: impl Future<Output = ()>, b: impl Future<Output = ()>) {
    let (mut a, mut b) = (pin!(a), pin!(b));
    poll_fn(|context| {
        let done = a.as_mut().poll(context).is_ready() || b.as_mut().poll(context).is_ready();
        if done { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
}
