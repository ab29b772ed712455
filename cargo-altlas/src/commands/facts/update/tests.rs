//! Against a server on this machine that stands in for all registries.

use super::{
    super::http::stand_in::{serve, whole},
    *,
};

fn args(address: &str) -> UpdateArgs {
    UpdateArgs {
        index_url: None,
        pytorch_url: format!("{address}/whl/"),
        nvidia_url: format!("{address}/nvidia"),
        registry_url: format!("{address}/registry"),
        timeout: NonZeroU64::MIN,
        format: Format::Human,
        output: None,
    }
}

fn look_at(answer: impl Fn(&str) -> Vec<u8> + Send + Sync + 'static) -> Vec<Looked> {
    let address = serve(move |path, _| answer(path));
    let http = Http::new(Duration::from_secs(10));
    look(&http, &args(&address), &format!("{address}/simple"))
}

/// A page that has what the tables have, and one more release.
fn page(name: &str, more: &str) -> String {
    let known = projects().into_iter().find(|project| project.name == name).unwrap().known;
    let file = |version: &str| json!({"filename": format!("{}-{version}-cp314-cp314-manylinux_2_28_x86_64.whl", name.replace('-', "_"))});
    let mut list: Vec<Value> = known.iter().map(|version| file(&version.to_string())).collect();
    list.push(file(more));
    json!({"files": list}).to_string()
}

const JSON: &str = "application/vnd.pypi.simple.v1+json";

#[test]
fn every_source_is_asked_and_each_tells_what_came_of_it() {
    let looked = look_at(|path| match path {
        "/simple/numba/" => whole("200 OK", JSON, &page("numba", "99.1")),
        "/simple/cupy-cuda13x/" => whole("200 OK", JSON, "<html>maintenance</html>"),
        "/simple/torch/" => {
            let mut cut = whole("200 OK", JSON, &page("torch", "99.1"));
            cut.truncate(cut.len() - 20);
            cut
        }
        "/whl/cu126/torch/" => whole(
            "200 OK",
            "text/html",
            "<html><a href=x>torch-99.0+cu126-cp311-cp311-linux_x86_64.whl</a></html>",
        ),
        "/nvidia/cudf-cu11/" => whole("503 Busy", "text/plain", ""),
        "/registry/v2/nvidia/cuda/tags/list" => {
            whole("200 OK", "application/json", r#"{"tags": ["99.0.0-base-ubuntu30.04"]}"#)
        }
        _ => whole("404 Not Found", "text/plain", ""),
    });
    assert_eq!(looked.len(), projects().len() + 1);
    let of = |source: &str| {
        let looked = looked.iter().find(|looked| looked.source == source).unwrap();
        match &looked.found {
            Ok(news) => {
                news.new.iter().map(|(text, _)| text.clone()).collect::<Vec<_>>().join("; ")
            }
            Err(why) => format!("error: {why}"),
        }
    };
    assert_eq!(of("numba"), "99.1 for Python 3.14");
    assert_eq!(of("cupy-cuda13x"), "error: its answer is not a list of files");
    assert_eq!(of("torch"), "error: its answer was cut off");
    assert_eq!(of("cu126: torch"), "99.0 for Python 3.11");
    assert_eq!(of("pypi.nvidia.com: cudf-cu11"), "error: it answered with status 503");
    assert_eq!(of("jax-cuda13-plugin"), "error: it answered with status 404");
    assert_eq!(of("tags of nvidia/cuda"), "99.0.0-base-ubuntu30.04");

    let text = as_text(&looked);
    assert!(text.contains("numba: not in the tables: 99.1 for Python 3.14\n"), "{text}");
    assert!(text.contains("could not look up torch: its answer was cut off\n"), "{text}");
    assert!(text.ends_with(&format!("{} could not be looked up\n", looked.len() - 3)), "{text}");
    let value = as_json(&looked);
    let sources = value["sources"].as_array().unwrap();
    let numba = sources.iter().find(|source| source["source"] == "numba").unwrap();
    assert_eq!(numba["new"], json!([{"version": "99.1", "pythons": ["3.14"]}]));
    assert_eq!(numba["gone"], json!([]));
}

#[test]
fn without_network_nothing_is_claimed() {
    let http = Http::new(Duration::from_secs(2));
    let looked = look(&http, &args("http://127.0.0.1:1"), "http://127.0.0.1:1/simple");
    for Looked { source, found } in &looked {
        let why = found.as_ref().unwrap_err();
        assert_eq!(why, "it cannot be connected to; is there a network?", "{source}");
    }
    assert!(!as_text(&looked).contains("not in the tables"));
}

#[test]
fn packages_and_their_projects() {
    let check = |package: &str, expected: &str| assert_eq!(project_of(package), expected);
    check("torch", "torch");
    check("tensorflow[and-cuda]", "tensorflow");
    check("jax[cuda12]", "jax-cuda12-plugin");
    check("jax[cuda13-local]", "jax-cuda13-plugin");
    check("cupy-cuda12x[ctk]", "cupy-cuda12x");
}
