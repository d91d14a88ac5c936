//! `tickchain run`: scenarios played one after another, without a page, on a network of their own.

use std::fs::File;
use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};

use async_channel::Receiver;
use smol::future::FutureExt;

use super::report::{Played, PlayedStep, StepResult};
use super::{Player, Scenario, junit, read, tap};
use crate::daemon::banner::print;
use crate::daemon::cli::RunArgs;
use crate::daemon::controller::{Controller, ControllerError, Fleet, Setup};
use crate::daemon::mesh::MeshSetup;
use crate::daemon::{DaemonError, signals};

/// Plays the files and reports, until the last or the first signal.
///
/// # Errors
/// A [`DaemonError`] when a file cannot be used, and then nothing is played; when something is not as
/// expected, or a signal came.
pub(crate) fn run(args: &RunArgs) -> Result<(), DaemonError> {
    let read = |path: &PathBuf| Ok((path.display().to_string(), read(path)?));
    let scenarios: Vec<(String, Scenario)> = (args.files.iter())
        .map(read)
        .collect::<Result<_, DaemonError>>()?;
    let junit = args.junit.as_deref().map(create).transpose()?;
    let signals = signals::listen().map_err(|source| DaemonError::System {
        what: "cannot listen for signals",
        source,
    })?;
    let mut report = Report {
        all: Vec::new(),
        shows_progress: std::io::stderr().is_terminal() && !std::io::stdout().is_terminal(),
    };
    let of = scenarios.len();
    print(&tap::head(of));
    let ended = smol::block_on(play_all(scenarios, &mut report, &signals));
    report.clear_progress();
    if let Err(error) = &ended {
        print(&tap::bail_out(&error.to_string()));
    }
    if let Some(mut file) = junit {
        let written = file.write_all(&junit::document(&report.all));
        written.map_err(|source| DaemonError::System {
            what: "cannot write the JUnit report",
            source,
        })?;
    }
    ended?;
    let failed = report.all.iter().filter(|played| !played.is_met()).count();
    match failed {
        0 => Ok(()),
        _ => Err(DaemonError::Unmet { failed, of }),
    }
}

fn create(path: &Path) -> Result<File, DaemonError> {
    File::create(path).map_err(|source| {
        DaemonError::Usage(format!(
            "cannot write {}: {source}: choose another file with --junit",
            path.display()
        ))
    })
}

/// What is known so far, told as it comes.
struct Report {
    all: Vec<Played>,
    shows_progress: bool,
}

impl Report {
    fn begin(&mut self, file: String, scenario: &Scenario) {
        print(&tap::begin(&scenario.title, scenario.steps.len()));
        self.all.push(Played {
            file,
            title: scenario.title.clone(),
            steps: Vec::new(),
        });
    }

    fn progress(&self, number: usize, of: usize, text: &str) {
        if self.shows_progress {
            let file = self.all.last().map_or("", |played| played.file.as_str());
            eprint!("\r\x1b[K{file}: step {number} of {of}: {text}");
        }
    }

    fn clear_progress(&self) {
        if self.shows_progress {
            eprint!("\r\x1b[K");
        }
    }

    fn step(&mut self, step: PlayedStep) {
        self.clear_progress();
        if let Some(played) = self.all.last_mut() {
            print(&tap::step(played.steps.len() + 1, &played.file, &step));
            played.steps.push(step);
        }
    }

    fn end(&self) {
        if let Some(played) = self.all.last() {
            print(&tap::end(self.all.len(), played));
        }
    }
}

async fn play_all(
    scenarios: Vec<(String, Scenario)>,
    report: &mut Report,
    signals: &Receiver<&'static str>,
) -> Result<(), DaemonError> {
    let setup = MeshSetup {
        nodes: 0,
        ..MeshSetup::default()
    };
    let controller = Controller::new(Setup {
        fleet: Some(Fleet::new(setup, Vec::new())),
        ..Setup::default()
    })
    .await?;
    let playing = async {
        for (file, scenario) in scenarios {
            report.begin(file, &scenario);
            play(&controller, scenario, report).await?;
            report.end();
        }
        Ok(())
    };
    let interrupted = async {
        let signal = signals.recv().await.unwrap_or("the end");
        Err(DaemonError::Interrupted { signal })
    };
    let ended = playing.or(interrupted).await;
    controller.stop().await;
    ended
}

/// Plays one; steps after one that was not as expected are skipped.
async fn play(
    controller: &Controller,
    scenario: Scenario,
    report: &mut Report,
) -> Result<(), ControllerError> {
    let texts: Vec<(String, usize)> = (scenario.steps.iter())
        .map(|step| (step.text(), step.line))
        .collect();
    let of = texts.len();
    let mut player = Player::open(controller, scenario, None).await?;
    for (number, (text, line)) in (1..).zip(texts) {
        report.progress(number, of, &text);
        let played = player.next(controller).await?;
        report.step(played.unwrap_or(PlayedStep {
            text,
            line,
            result: StepResult::Skipped,
            time: std::time::Duration::ZERO,
        }));
    }
    Ok(())
}
