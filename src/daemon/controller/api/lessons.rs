//! Lessons, and what was done as a scenario.

use serde::{Deserialize, Serialize};

use super::Api;
use super::act::{read_interval, to_its_end};
use crate::daemon::controller::scenario::{self, Scenario};
use crate::daemon::http::{Call, Outcome, Problem, Reply};

#[derive(Serialize)]
struct Lesson {
    lesson: &'static str,
    title: String,
    about: String,
    steps: usize,
}

pub(super) async fn list(_api: Api, _call: Call) -> Outcome {
    let lesson = |(lesson, scenario): (&'static str, Scenario)| Lesson {
        lesson,
        steps: scenario.steps.len(),
        title: scenario.title,
        about: scenario.about,
    };
    let lessons: Vec<Lesson> = scenario::lessons().map(lesson).collect();
    Ok(Reply::json(&lessons))
}

/// One that comes with the program, or the text of a file.
#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Choice {
    Lesson(String),
    Toml(String),
}

pub(super) async fn open(api: Api, call: Call) -> Outcome {
    let choice: Choice = serde_json::from_slice(&call.body).map_err(|error| {
        Problem::bad(format!(
            "send {{\"lesson\": NAME}} with a name of GET /lessons, or {{\"toml\": TEXT}} with a \
             scenario file's text ({error})"
        ))
    })?;
    let (scenario, lesson) = match choice {
        Choice::Lesson(name) => {
            let lesson = scenario::lesson(&name);
            let lesson = lesson.ok_or_else(|| {
                Problem::absent(format!(
                    "there is no lesson {name:?}: GET /lessons lists them"
                ))
            })?;
            (lesson, Some(name))
        }
        Choice::Toml(text) => {
            let scenario = scenario::parse("given", &text);
            (
                scenario.map_err(|error| Problem::bad(error.to_string()))?,
                None,
            )
        }
    };
    let place = api.actions.take()?;
    let opening = async move { api.controller.open_lesson(scenario, lesson).await };
    to_its_end(place, opening).await?;
    Ok(Reply::done())
}

pub(super) async fn next(api: Api, _call: Call) -> Outcome {
    api.controller.next_step().await?;
    Ok(Reply::done())
}

pub(super) async fn play(api: Api, call: Call) -> Outcome {
    let interval = read_interval(&call.body)?;
    api.controller.play_lesson(interval).await?;
    Ok(Reply::done())
}

pub(super) async fn close(api: Api, _call: Call) -> Outcome {
    api.controller.close_lesson().await;
    Ok(Reply::done())
}

pub(super) async fn record(api: Api, _call: Call) -> Outcome {
    let text = api.controller.scenario().await?;
    Ok(Reply::json_bytes(text).typed("text/plain; charset=utf-8"))
}
