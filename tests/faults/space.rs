//! Namespaces of Linux: a node in one sees a network, or disks, of its own.

use std::io::{self, BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

/// One or more namespaces, which are gone with everything in them when this is dropped, and also when
/// the process ends that made it, however it ends: they last as long as somebody is inside, and who is
/// waits for a pipe to close.
pub struct Space {
    holder: Child,
    kinds: Vec<&'static str>,
}

impl Space {
    /// Makes namespaces of these kinds, as `unshare` calls them: `--net`, `--mount`.
    ///
    /// # Errors
    /// What the system says; most often that this needs root.
    pub fn new(kinds: &[&'static str]) -> io::Result<Self> {
        let mut command = Command::new("unshare");
        command.args(kinds).args(["sh", "-c", "echo in; exec cat"]);
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        let mut holder = command.spawn()?;
        let mut said = String::new();
        let stdout = holder.stdout.as_mut().expect("it is piped");
        BufReader::new(stdout).read_line(&mut said)?;
        let space = Self {
            holder,
            kinds: kinds.to_vec(),
        };
        match said.as_str() {
            "in\n" => Ok(space),
            _ => Err(io::Error::other(format!(
                "unshare {} is not allowed",
                kinds.join(" ")
            ))),
        }
    }

    /// Who holds it, by its process.
    pub fn holder(&self) -> u32 {
        self.holder.id()
    }

    /// The same command, inside.
    pub fn enter(&self, inner: &Command) -> Command {
        let mut outer = Command::new("nsenter");
        outer.args(["--target", &self.holder().to_string()]);
        outer.args(&self.kinds).arg("--");
        wrap(outer, inner)
    }

    /// A path inside, as it is called outside.
    pub fn path(&self, inside: &str) -> PathBuf {
        format!("/proc/{}/root{inside}", self.holder()).into()
    }

    /// Runs a command inside to its end.
    pub fn run(&self, program: &str, arguments: &[&str]) -> io::Result<()> {
        let mut command = Command::new(program);
        command.args(arguments);
        succeed(&mut self.enter(&command), "")
    }

    /// `ip` inside, with these commands, one a line.
    pub fn ip(&self, commands: &str) -> io::Result<()> {
        let mut command = Command::new("ip");
        command.args(["-batch", "-"]);
        succeed(&mut self.enter(&command), commands)
    }
}

/// A command whose last arguments are another command, which is run as it would be alone.
pub fn wrap(mut outer: Command, inner: &Command) -> Command {
    outer.arg(inner.get_program()).args(inner.get_args());
    for (variable, value) in inner.get_envs() {
        match value {
            Some(value) => outer.env(variable, value),
            None => outer.env_remove(variable),
        };
    }
    outer
}

/// `ip`, with these commands, one a line.
pub fn ip(commands: &str) -> io::Result<()> {
    succeed(Command::new("ip").args(["-batch", "-"]), commands)
}

/// Runs a command, which reads `input`; an error with what it said unless it succeeds.
fn succeed(command: &mut Command, input: &str) -> io::Result<()> {
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped());
    let mut child = command.spawn()?;
    child
        .stdin
        .take()
        .expect("it is piped")
        .write_all(input.as_bytes())?;
    let output = child.wait_with_output()?;
    let said = String::from_utf8_lossy(&output.stderr);
    match output.status.success() {
        true => Ok(()),
        false => Err(io::Error::other(format!("{command:?}: {said}"))),
    }
}

impl Drop for Space {
    fn drop(&mut self) {
        let _ = self.holder.kill();
        let _ = self.holder.wait();
    }
}
