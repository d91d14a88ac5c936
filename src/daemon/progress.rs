//! How far something that takes long is, on a terminal.

use std::sync::atomic::{AtomicU64, Ordering};

use async_channel::Receiver;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::daemon::{DaemonError, signals};

/// A bar on standard error where that is a terminal, a line in the log now and then elsewhere; and whether
/// a signal came.
pub(in crate::daemon) struct Watcher {
    bar: ProgressBar,
    signals: Receiver<&'static str>,
    all: u64,
    /// How far it was when the log was told last, in tenths.
    told: AtomicU64,
    unit: &'static str,
}

impl Watcher {
    /// Begins to watch work of so many units.
    ///
    /// # Errors
    /// When the system gives no signals.
    pub(in crate::daemon) fn new(all: u64, unit: &'static str) -> Result<Self, DaemonError> {
        let signals = signals::listen().map_err(|source| DaemonError::System {
            what: "cannot listen for signals",
            source,
        })?;
        Ok(Self::with(signals, all, unit))
    }

    /// Watches work that nobody interrupts.
    pub(in crate::daemon) fn undisturbed(unit: &'static str) -> Self {
        let (_, signals) = async_channel::bounded(1);
        Self::with(signals, u64::MAX, unit)
    }

    fn with(signals: Receiver<&'static str>, all: u64, unit: &'static str) -> Self {
        // Ten times a second; nothing is drawn where there is no terminal.
        let bar = ProgressBar::with_draw_target(Some(all), ProgressDrawTarget::stderr_with_hz(10));
        let template = format!("{{bar:40}} {{pos}} of {{len}} {unit}, {{eta}} left {{msg}}");
        let style = ProgressStyle::with_template(&template);
        bar.set_style(style.expect("the template is well formed"));
        Self {
            bar,
            signals,
            all,
            told: AtomicU64::new(0),
            unit,
        }
    }

    /// Begins to watch work of which nobody knows how much it is.
    ///
    /// # Errors
    /// As [`Watcher::new`].
    pub(in crate::daemon) fn counting(unit: &'static str) -> Result<Self, DaemonError> {
        let watcher = Self::new(u64::MAX, unit)?;
        let template = format!("{{spinner}} {{pos}} {unit}, {{per_sec}}");
        let style = ProgressStyle::with_template(&template);
        watcher
            .bar
            .set_style(style.expect("the template is well formed"));
        Ok(watcher)
    }

    /// Tells how far it is, and more.
    pub(in crate::daemon) fn at(&self, done: u64, more: impl FnOnce() -> String) {
        self.bar.set_position(done.min(self.all));
        let tenth = done.saturating_mul(10) / self.all.max(1);
        // One more than a tenth, so that the beginning is told as well.
        if self.told.fetch_max(tenth + 1, Ordering::Relaxed) <= tenth {
            let more = more();
            log::info!("{done} of {} {}: {more}", self.all, self.unit);
            self.bar.set_message(more);
        }
    }

    /// Whether a signal came.
    pub(in crate::daemon) fn is_interrupted(&self) -> bool {
        !self.signals.is_empty()
    }

    /// Takes the bar away. What interrupted the work is returned.
    ///
    /// # Errors
    /// The signal that came.
    pub(in crate::daemon) fn finish(self) -> Result<(), DaemonError> {
        self.bar.finish_and_clear();
        match self.signals.try_recv() {
            Ok(signal) => Err(DaemonError::Interrupted { signal }),
            Err(_) => Ok(()),
        }
    }
}
