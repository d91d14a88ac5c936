//! SIGINT and SIGTERM.

use std::io;

use async_signal::{Signal, Signals};
use smol::stream::StreamExt;

/// Listens for SIGINT and SIGTERM on a thread of its own, so that a busy executor delays neither.
/// The first one arrives at the receiver, the second ends the process at once with 128 plus its
/// number.
///
/// # Errors
/// When the system refuses the handlers or the thread.
pub fn listen() -> io::Result<async_channel::Receiver<&'static str>> {
    let mut signals = Signals::new([Signal::Int, Signal::Term])?;
    let (first, receiver) = async_channel::bounded(1);
    std::thread::Builder::new()
        .name("signals".into())
        .spawn(move || {
            while let Some(Ok(signal)) = smol::block_on(signals.next()) {
                let (name, code) = match signal {
                    Signal::Int => ("SIGINT", 130),
                    _ => ("SIGTERM", 143),
                };
                if first.try_send(name).is_err() {
                    std::process::exit(code);
                }
                first.close();
            }
        })?;
    Ok(receiver)
}
