//! What a node refuses, as problems.

use hyper::StatusCode;

use super::peers::PeerError;
use crate::daemon::http::Problem;
use crate::driver::{DriverError, StorageError};
use crate::node::RequestError;

impl From<DriverError> for Problem {
    fn from(error: DriverError) -> Self {
        match error {
            DriverError::Refused(refused) => refused.into(),
            DriverError::State(refused) => Self::bad(refused.to_string()),
            DriverError::Storage(StorageError::Full { .. }) => {
                Self::new(StatusCode::INSUFFICIENT_STORAGE, error.to_string())
            }
            DriverError::Storage(_) => Self::busy(error.to_string()),
            DriverError::Stopped => Self::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "the node is shutting down: start the program again",
            ),
            other => Self::conflict(other.to_string()),
        }
    }
}

impl From<RequestError> for Problem {
    fn from(refused: RequestError) -> Self {
        match refused {
            RequestError::NotStarted => {
                Self::conflict("the node is not started: call /start first, then this again")
            }
            RequestError::ClockTooHigh { .. } | RequestError::Block(_) => {
                Self::bad(refused.to_string())
            }
            other => Self::conflict(other.to_string()),
        }
    }
}

impl From<PeerError> for Problem {
    fn from(error: PeerError) -> Self {
        match error {
            PeerError::Unknown { .. } => Self::absent(error.to_string()),
            _ => Self::conflict(error.to_string()),
        }
    }
}
