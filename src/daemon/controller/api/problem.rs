//! What a controller refuses, as problems.

use hyper::StatusCode;

use crate::daemon::controller::{CallError, ControllerError, NetworkFileError, SnapshotError};
use crate::daemon::http::Problem;

impl From<ControllerError> for Problem {
    fn from(error: ControllerError) -> Self {
        use ControllerError as Error;
        let detail = error.to_string();
        match error {
            Error::UnknownNode { .. } | Error::Absent(_) => Self::absent(detail),
            Error::Malformed(_) | Error::Ticks { .. } | Error::Url(_) => Self::bad(detail),
            Error::Call(CallError::Late { .. }) => Self::new(StatusCode::GATEWAY_TIMEOUT, detail),
            Error::Call(_) => Self::new(StatusCode::BAD_GATEWAY, detail),
            Error::NetworkFile(NetworkFileError::TooLarge { .. }) => {
                Self::new(StatusCode::PAYLOAD_TOO_LARGE, detail)
            }
            Error::NetworkFile(_) | Error::Snapshot(SnapshotError::Name { .. }) => {
                Self::bad(detail)
            }
            Error::Snapshot(SnapshotError::Unknown { .. }) => Self::absent(detail),
            Error::Snapshot(_) => Self::conflict(detail),
            Error::Stopped => Self::new(StatusCode::SERVICE_UNAVAILABLE, detail),
            Error::Busy { .. } | Error::Conflict(_) | Error::Fleet(_) => Self::conflict(detail),
        }
    }
}
