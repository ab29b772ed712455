//! A file with facts: whatever reads as one can be judged, written, read back and redacted.
#![no_main]

use gpu_probe::{Facts, GpuWish, Need, Profile, diagnose};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(mut facts) = Facts::from_json(bytes) else { return };
    let _ = diagnose(&facts, &Need::default());
    let _ = diagnose(&facts, &demanding(Profile::Runner));
    let _ = diagnose(&facts, &demanding(Profile::Node));
    let again = Facts::from_json(facts.to_json().as_bytes());
    assert_eq!(again.ok().as_ref(), Some(&facts));
    facts.redact();
});

fn demanding(profile: Profile) -> Need {
    Need {
        cuda: "12.6.3".parse().ok(),
        cudnn: "9.10".parse().ok(),
        python: "3.11".parse().ok(),
        driver: "570.86.15".parse().ok(),
        gpus: vec![GpuWish::Model("RTX 4060".to_owned())],
        profile,
    }
}
