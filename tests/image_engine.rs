//! `image build`, `image push` and `image test` against a real Docker Engine and a real registry.
//!
//! `./test.sh` starts the engine and says in `ALTLAS_TEST_DOCKER` where it is. Without it
//! [`an_engine_is_there`] fails, so that nobody takes a run without these tests for a whole one; who
//! wants such a run says `ALTLAS_TEST_WITHOUT_DOCKER=1`.

mod build;
mod death;
mod docker;
mod faults;
mod inside;
mod proxy;
mod push;
mod registry;
mod token;
mod trust;
mod try_out;

#[test]
fn an_engine_is_there() {
    assert!(
        docker::Engine::shared().is_some() || docker::is_done_without(),
        "there is no Docker Engine, so `image build`, `push` and `test` were not tested: run \
         `./test.sh` as root, which starts one, or say `ALTLAS_TEST_WITHOUT_DOCKER=1`"
    );
}
