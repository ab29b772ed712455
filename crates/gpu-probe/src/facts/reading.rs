//! The three states of a look-up, and what can become of a driver call.

use serde::{Deserialize, Serialize};
use std::fmt;

/// What came of looking for one thing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reading<T> {
    /// It was looked for and is this.
    Found(T),
    /// It was looked for and is not there (or the device does not have it).
    Absent,
    /// It could not be looked at; the text says why. Never to be shown as fine.
    Unknown(String),
}

impl<T> Reading<T> {
    /// The value, where there is one.
    pub fn found(&self) -> Option<&T> {
        match self {
            Self::Found(value) => Some(value),
            Self::Absent | Self::Unknown(_) => None,
        }
    }

    /// Why it could not be looked at.
    pub fn unknown(&self) -> Option<&str> {
        match self {
            Self::Unknown(reason) => Some(reason),
            Self::Found(_) | Self::Absent => None,
        }
    }

    /// Whether it was looked for and is not there.
    pub fn is_absent(&self) -> bool {
        matches!(self, Self::Absent)
    }

    /// Changes the value and keeps the state.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Reading<U> {
        match self {
            Self::Found(value) => Reading::Found(change(value)),
            Self::Absent => Reading::Absent,
            Self::Unknown(reason) => Reading::Unknown(reason),
        }
    }

    /// Makes a reading of the value; without one the state stays.
    pub fn and_then<U>(self, make: impl FnOnce(T) -> Reading<U>) -> Reading<U> {
        match self {
            Self::Found(value) => make(value),
            Self::Absent => Reading::Absent,
            Self::Unknown(reason) => Reading::Unknown(reason),
        }
    }
}

impl<T> Default for Reading<T> {
    fn default() -> Self {
        Self::Unknown("not looked at".to_owned())
    }
}

impl<T> From<Option<T>> for Reading<T> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Absent, Self::Found)
    }
}

/// What became of a child process that called the driver.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Probed<T> {
    /// It answered.
    Answered(T),
    /// It did not come back in time; `stage` is the call that it was in.
    Hung {
        /// The driver call or step that did not return, such as `nvmlInit_v2`.
        stage: String,
        /// How long it was given, in seconds.
        after_s: f64,
        /// Whether it could not even be killed (it sleeps in the kernel).
        unkillable: bool,
        /// What it had answered by then: what is missing is `Unknown`.
        #[serde(skip_serializing_if = "Option::is_none")]
        partial: Option<T>,
    },
    /// It died; `stage` is the call that it was in.
    Crashed {
        /// The driver call or step in which it died; several joined by `` ` or ` `` where several
        /// GPUs were asked side by side.
        stage: String,
        /// How it ended, such as `signal 11 (SIGSEGV)` or `exit code 101`.
        how: String,
        /// The last lines that it wrote to standard error.
        stderr: String,
        /// What it had answered by then: what is missing is `Unknown`.
        #[serde(skip_serializing_if = "Option::is_none")]
        partial: Option<T>,
    },
    /// It was not started, or its answer could not be read; the text says why.
    NotRun(String),
}

impl<T> Probed<T> {
    /// What is known: the whole answer, or what was answered before a hang or a crash.
    pub fn answered(&self) -> Option<&T> {
        match self {
            Self::Answered(value) => Some(value),
            Self::Hung { partial, .. } | Self::Crashed { partial, .. } => partial.as_ref(),
            Self::NotRun(_) => None,
        }
    }

    /// As [`Probed::answered`], to be changed.
    pub(crate) fn answered_mut(&mut self) -> Option<&mut T> {
        match self {
            Self::Answered(value) => Some(value),
            Self::Hung { partial, .. } | Self::Crashed { partial, .. } => partial.as_mut(),
            Self::NotRun(_) => None,
        }
    }

    /// The answer of a child that came to its end.
    pub fn whole(&self) -> Option<&T> {
        match self {
            Self::Answered(value) => Some(value),
            Self::Hung { .. } | Self::Crashed { .. } | Self::NotRun(_) => None,
        }
    }
}

impl<T> Default for Probed<T> {
    fn default() -> Self {
        Self::NotRun("not looked at".to_owned())
    }
}

/// The number that a driver call returned. Zero is success; any other number is kept as it came,
/// also where no name is known for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CallCode(pub u32);

impl CallCode {
    /// The number for success.
    pub const SUCCESS: Self = Self(0);

    /// Whether the call did what it should.
    pub fn is_success(self) -> bool {
        self == Self::SUCCESS
    }
}

impl fmt::Display for CallCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
