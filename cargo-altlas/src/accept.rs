//! `[[accept]]`: marks findings as accepted, and finds entries that accept nothing any more.

mod accept_expired;
mod accept_unused;

use crate::{
    config::Accept,
    finding::{Finding, area, place_words},
};
use jiff::civil::Date;
use std::path::Path;

/// The codes of this area, each with the text of its file.
pub(crate) const OWN: [(&str, &str); 2] = [
    (accept_expired::CODE, include_str!("accept/accept_expired.rs")),
    (accept_unused::CODE, include_str!("accept/accept_unused.rs")),
];

/// Marks what is accepted on the day `today`, and adds a finding for each entry that has expired or
/// matches nothing. Only entries of the areas that a command judges count, such as `gpu`; where it could
/// not judge any (`judged` is empty), nothing matching means nothing.
pub(crate) fn apply(
    accepts: &[Accept],
    today: Date,
    path: &Path,
    judged: &[&str],
    findings: &mut Vec<Finding>,
) {
    let mut own = Vec::new();
    for accept in accepts {
        let is_judged = judged.contains(&area(&accept.code));
        let matching: Vec<&mut Finding> =
            findings.iter_mut().filter(|finding| matches(accept, finding)).collect();
        match accept.until {
            Some(until) if until < today => own.push(accept_expired::finding(accept, until, path)),
            _ if matching.is_empty() && is_judged => own.push(accept_unused::finding(accept, path)),
            _ => {
                for finding in matching {
                    finding.accepted = Some(accept.reason.clone());
                }
            }
        }
    }
    findings.append(&mut own);
}

fn matches(accept: &Accept, finding: &Finding) -> bool {
    let place = || place_words(&finding.place);
    accept.code == finding.code
        && accept.place.as_ref().is_none_or(|wanted| place().contains(wanted.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Level;
    use crate::finding::Place;

    fn check(place: Option<&str>, until: Option<&str>, expected: &[(&str, bool)]) {
        let accept = Accept {
            code: "gpu/driver-too-old".to_owned(),
            place: place.map(str::to_owned),
            reason: "lab".to_owned(),
            until: until.map(|text| text.parse().unwrap()),
        };
        let mut findings = vec![Finding {
            code: "gpu/driver-too-old",
            level: Level::Error,
            message: String::new(),
            place: Place::Machine,
            help: Vec::new(),
            follows_from: None,
            data: serde_json::Value::Null,
            accepted: None,
        }];
        apply(
            &[accept],
            "2026-11-24".parse().unwrap(),
            Path::new("altlas.toml"),
            &["gpu"],
            &mut findings,
        );
        let got: Vec<_> =
            findings.iter().map(|found| (found.code, found.accepted.is_some())).collect();
        assert_eq!(got, expected);
    }

    #[test]
    fn accepts_until_the_last_day() {
        let code = "gpu/driver-too-old";
        check(None, None, &[(code, true)]);
        check(Some("machine"), Some("2026-11-24"), &[(code, true)]);
        check(None, Some("2026-11-23"), &[(code, false), ("config/accept-expired", false)]);
        check(Some("GPU 3"), None, &[(code, false), ("config/accept-unused", false)]);
    }
}
