//! The command line of `tickchain sim`.

use std::num::{NonZeroU32, NonZeroUsize};
use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::help;
use super::set::Set;
use super::shard::Shard;
use crate::daemon::cli::values::{parse_switch, parse_threads};

/// Options of `tickchain sim`.
#[derive(Debug, Args)]
pub struct SimArgs {
    /// What is asked for.
    #[command(subcommand)]
    pub command: SimCommand,
}

/// What `tickchain sim` does.
#[derive(Debug, Subcommand)]
pub enum SimCommand {
    /// List the networks that come with the program, or print one as a file to begin with
    Presets {
        /// The one to print
        #[arg(value_name = "NAME")]
        name: Option<String>,
    },
    /// Simulate a network on virtual time and tell what was measured
    #[command(after_help = help::RUN)]
    Run(SimRunArgs),
    /// Simulate a grid of parameters, each several times, on all cores
    #[command(after_help = help::SWEEP)]
    Sweep(SweepArgs),
    /// Join the parts of a sweep that ran on several machines
    #[command(after_help = help::MERGE)]
    Merge(MergeArgs),
    /// Hold the simulator against theory and against what others measured
    #[command(after_help = help::VALIDATE)]
    Validate(ValidateArgs),
}

/// What is simulated.
#[derive(Debug, Args)]
pub struct NetworkArgs {
    /// A file that describes the network (not one of the scenario files of `tickchain run`)
    #[arg(value_name = "FILE", conflicts_with = "preset")]
    pub file: Option<PathBuf>,
    /// A network that comes with the program; `tickchain sim presets` lists them
    #[arg(long, env = "TICKCHAIN_PRESET", value_name = "NAME")]
    pub preset: Option<String>,
    /// Change one key: its dotted path, or its last part where that is enough; may be given more than once
    #[arg(long = "set", env = "TICKCHAIN_SET", value_name = "KEY=VALUE")]
    pub sets: Vec<Set>,
    /// The seed that everything random follows from; outranks the file's
    #[arg(long, env = "TICKCHAIN_SEED", value_name = "N")]
    pub seed: Option<u64>,
}

/// Where results go.
#[derive(Debug, Args)]
pub struct ResultArgs {
    /// Print JSON instead of a table
    #[arg(long, env = "TICKCHAIN_JSON", value_parser = parse_switch)]
    pub json: bool,
    /// Also write the figures to this file, as CSV
    #[arg(long, env = "TICKCHAIN_CSV", value_name = "FILE")]
    pub csv: Option<PathBuf>,
    /// Also write a report with pictures to this file: one HTML page that needs no network
    #[arg(long, env = "TICKCHAIN_REPORT", value_name = "FILE")]
    pub report: Option<PathBuf>,
}

/// Options of `tickchain sim run`.
#[derive(Debug, Args)]
pub struct SimRunArgs {
    /// What is simulated.
    #[command(flatten)]
    pub network: NetworkArgs,
    /// Where results go.
    #[command(flatten)]
    pub results: ResultArgs,
    /// Write every event to this file: JSON lines, packed with gzip
    #[arg(long, env = "TICKCHAIN_TRACE", value_name = "FILE.jsonl.gz")]
    pub trace: Option<PathBuf>,
    /// Write who is linked to whom to this file: GraphML, or CSV where its name ends in .csv
    #[arg(long, env = "TICKCHAIN_GRAPH", value_name = "FILE")]
    pub graph: Option<PathBuf>,
}

/// Options of `tickchain sim sweep`.
#[derive(Debug, Args)]
pub struct SweepArgs {
    /// What is simulated.
    #[command(flatten)]
    pub network: NetworkArgs,
    /// A key and the values it takes, as KEY=A,B,C; of several every combination is simulated
    #[arg(long = "vary", env = "TICKCHAIN_VARY", value_name = "KEY=A,B,…")]
    pub vary: Vec<String>,
    /// How often each is simulated: with the seed, the next one, and so on
    #[arg(
        long,
        env = "TICKCHAIN_REPLICATIONS",
        value_name = "N",
        default_value = "5"
    )]
    pub replications: NonZeroU32,
    /// Simulations at once; one for each processor without it
    #[arg(long, env = "TICKCHAIN_THREADS", value_name = "N", value_parser = parse_threads)]
    pub threads: Option<NonZeroUsize>,
    /// Do one part of the work, for `sim merge` to join: I of N, counted from 1. Within a Slurm array or an indexed Kubernetes Job it is known without this
    #[arg(long, env = "TICKCHAIN_SHARD", value_name = "I/N")]
    pub shard: Option<Shard>,
    /// Write all figures to this file as JSON; of a part, it is what `sim merge` reads
    #[arg(long, env = "TICKCHAIN_OUT", value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Where results go.
    #[command(flatten)]
    pub results: ResultArgs,
}

/// Options of `tickchain sim merge`.
#[derive(Debug, Args)]
pub struct MergeArgs {
    /// The parts, as --out wrote them, in any order
    #[arg(required = true, value_name = "PART")]
    pub parts: Vec<PathBuf>,
    /// Write all figures to this file as JSON: the same bytes one machine would have written
    #[arg(long, env = "TICKCHAIN_OUT", value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Where results go.
    #[command(flatten)]
    pub results: ResultArgs,
}

/// Options of `tickchain sim validate`.
#[derive(Debug, Args)]
pub struct ValidateArgs {
    /// The small version: fewer blocks, wider tolerances
    #[arg(long, env = "TICKCHAIN_QUICK", value_parser = parse_switch)]
    pub quick: bool,
    /// Print JSON instead of a table
    #[arg(long, env = "TICKCHAIN_JSON", value_parser = parse_switch)]
    pub json: bool,
}
