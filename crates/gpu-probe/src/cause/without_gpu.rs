//! Where no GPU is there, that is the root of all that the driver does wrong.

use super::diagnose;
use crate::{
    Facts, Need,
    Reading::{Absent, Found, Unknown},
    example,
};

#[test]
fn without_a_gpu_whatever_the_driver_does_follows_from_that() {
    let check = |change: fn(&mut Facts), expected: &str| {
        let mut facts = example::no_gpu();
        facts.driver_libraries = example::h200().driver_libraries;
        change(&mut facts);
        let found = diagnose(&facts, &Need::default()).problems;
        let roots = found.iter().filter(|(_, cause)| cause.is_none());
        let roots: Vec<&str> = roots.map(|(problem, _)| problem.code()).collect();
        assert_eq!(roots, ["gpu/no-nvidia-device"], "{found:?}");
        assert!(found.iter().any(|(problem, _)| problem.code() == expected), "{found:?}");
    };
    check(
        |facts| {
            facts.cuda = crate::Probed::Hung {
                stage: "load of libcuda.so.1".to_owned(),
                after_s: 10.0,
                unkillable: false,
                partial: None,
            };
        },
        "gpu/driver-hung",
    );
    check(
        |facts| {
            facts.cuda = crate::Probed::Crashed {
                stage: "load of libcuda.so.1".to_owned(),
                how: "signal 11 (SIGSEGV)".to_owned(),
                stderr: String::new(),
                partial: None,
            };
        },
        "gpu/driver-crashed",
    );
    check(
        |facts| {
            facts.cuda = crate::Probed::Answered(crate::Cuda {
                library: Unknown("invalid ELF header".to_owned()),
                init: Absent,
                ..crate::Cuda::default()
            });
        },
        "gpu/driver-library-broken",
    );
    check(
        |facts| {
            let older = crate::LibraryCopy {
                path: "/opt/libcuda.so.1".to_owned(),
                version: Found("535.54.03".parse().unwrap()),
                ..facts.driver_libraries.cuda[0].clone()
            };
            facts.driver_libraries.cuda.push(older);
        },
        "gpu/several-driver-libraries",
    );
}
