//! How often and when something is tried again.

use super::Trouble;
use jiff::{Timestamp, fmt::rfc2822};
use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::{Duration, Instant},
};

/// How often something is tried.
pub(crate) const ATTEMPTS: u32 = 5;

/// The wait after the first failure; it doubles.
const FIRST_WAIT: Duration = Duration::from_millis(250);

/// Nobody waits longer at a terminal: the sentence says how long the registry asks for.
const LONGEST_WAIT: Duration = Duration::from_secs(60);

/// How long to wait after this failure; `None` where trying again is of no use.
pub(crate) fn wait_after(trouble: &Trouble, attempt: u32) -> Option<Duration> {
    let doubled = FIRST_WAIT * 2_u32.saturating_pow(attempt.saturating_sub(1).min(10));
    match trouble {
        Trouble::TooManyRequests(Some(asked)) => {
            (*asked <= LONGEST_WAIT).then_some((*asked).max(FIRST_WAIT))
        }
        Trouble::TooManyRequests(None) | Trouble::Server(_) | Trouble::Cut | Trouble::Late => {
            Some(doubled)
        }
        Trouble::Credentials(_)
        | Trouble::NoCredentials
        | Trouble::WrongCredentials
        | Trouble::Forbidden
        | Trouble::NotFound
        | Trouble::Full
        | Trouble::Certificate(_)
        | Trouble::PlainHttp
        | Trouble::Unreachable(_)
        | Trouble::NotARegistry
        | Trouble::Damaged { .. }
        | Trouble::UnsafeRealm(_)
        | Trouble::Status(_)
        | Trouble::Stopped
        | Trouble::Other(_) => None,
    }
}

/// Waits; false where the user wants to stop.
pub(crate) fn sleep(wait: Duration, stop: &AtomicBool) -> bool {
    let started = Instant::now();
    while started.elapsed() < wait {
        if stop.load(Ordering::Relaxed) {
            return false;
        }
        let left = wait.saturating_sub(started.elapsed());
        std::thread::sleep(left.min(Duration::from_millis(50)));
    }
    !stop.load(Ordering::Relaxed)
}

/// `Retry-After`: seconds, or a date.
pub(super) fn after_header(value: &str) -> Option<Duration> {
    after(value, Timestamp::now())
}

fn after(value: &str, now: Timestamp) -> Option<Duration> {
    if let Ok(seconds) = value.trim().parse::<u64>() {
        return Some(Duration::from_secs(seconds));
    }
    let at = rfc2822::parse(value.trim()).ok()?.timestamp();
    Some(Duration::try_from(at.duration_since(now)).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_longer_each_time_or_as_asked() {
        let check = |trouble: Trouble, attempt, expected: Option<u64>| {
            let got = wait_after(&trouble, attempt).map(|wait| wait.as_millis());
            assert_eq!(got, expected.map(u128::from), "{trouble:?}");
        };
        check(Trouble::Cut, 1, Some(250));
        check(Trouble::Server(503), 4, Some(2000));
        check(Trouble::TooManyRequests(Some(Duration::from_secs(3))), 1, Some(3000));
        check(Trouble::TooManyRequests(Some(Duration::from_secs(0))), 1, Some(250));
        check(Trouble::TooManyRequests(Some(Duration::from_secs(3600))), 1, None);
        check(Trouble::Full, 1, None);
        check(Trouble::WrongCredentials, 1, None);
    }

    #[test]
    fn reads_seconds_and_dates() {
        let now: Timestamp = "2026-11-24T15:00:00Z".parse().unwrap();
        let check = |value: &str, expected: Option<u64>| {
            assert_eq!(after(value, now), expected.map(Duration::from_secs), "{value}");
        };
        check("5", Some(5));
        check("Tue, 24 Nov 2026 15:00:30 GMT", Some(30));
        check("Tue, 24 Nov 2026 14:00:00 GMT", Some(0));
        check("soon", None);
        check("-1", None);
    }
}
