//! What Docker says: `daemon.json`, the answer of the engine, `DOCKER_HOST`, the package list.
#![no_main]

use gpu_probe::fuzzing::{daemon_json, docker_host, docker_info, dpkg_status};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    daemon_json(bytes);
    docker_host(bytes);
    docker_info(bytes);
    dpkg_status(bytes);
});
