//! The shape of the table and answers that NVIDIA publishes.

use super::*;

fn cuda(text: &str) -> CudaVersion {
    text.parse().unwrap()
}

#[test]
fn every_row_says_where_it_comes_from() {
    let lines = toolkits().iter().map(|row| (row.source.as_str(), row.date.as_str()));
    let releases = TABLES.release.iter().map(|row| (row.source.as_str(), row.date.as_str()));
    let others = TABLES.driver_only.iter().map(|row| (row.source.as_str(), row.date.as_str()));
    table::check_origin(lines.chain(releases).chain(others));
}

#[test]
fn a_row_without_source_or_with_an_unknown_key_does_not_parse() {
    let parses = |text: &str| toml::from_str::<Release>(text).is_ok();
    let whole = "cuda = \"12.6.3\"\nlinux = \"560.35.05\"\nsource = \"x\"\ndate = \"2026-11-24\"\n";
    assert!(parses(whole));
    assert!(!parses(&whole.replace("source = \"x\"\n", "")));
    assert!(!parses(&whole.replace("date = \"2026-11-24\"\n", "")));
    assert!(!parses(&format!("{whole}macos = \"1.0\"\n")));
}

#[test]
fn rows_are_sorted_and_grow() {
    assert!(toolkits().is_sorted_by(|one, next| {
        one.cuda < next.cuda
            && one.ptx <= next.ptx
            && one.first_arch <= next.first_arch
            && one.last_arch <= next.last_arch
            && one.newest_gcc <= next.newest_gcc
            && one.compatible_linux <= next.compatible_linux
            && one.compatible_windows <= next.compatible_windows
    }));
    assert!(
        TABLES.release.is_sorted_by(|one, next| one.cuda < next.cuda && one.linux <= next.linux)
    );
    let branches: Vec<_> = toolkits().iter().filter_map(|row| row.driver_branch).collect();
    assert!(branches.is_sorted_by(|one, next| one < next));
    let windows: Vec<_> = TABLES.release.iter().filter_map(|row| row.windows).collect();
    assert!(windows.is_sorted());
}

#[test]
fn tables_fit_each_other() {
    for row in toolkits() {
        assert_eq!(row.cuda.patch, None);
        assert!(row.compatible_linux.branch >= 450);
    }
    for release in &TABLES.release {
        let line = toolkit(release.cuda).unwrap();
        assert!(release.cuda.patch.is_some(), "{}", release.cuda);
        assert!(release.linux >= line.compatible_linux, "{}", release.cuda);
        assert!(line.driver_branch.is_none_or(|branch| branch == release.linux.branch));
        // Windows drivers of a branch may carry the numbers up to the next branch.
        let near = |windows: DriverVersion| windows.branch.abs_diff(release.linux.branch) < 10;
        assert!(release.windows.is_none_or(near), "{}", release.cuda);
    }
}

#[test]
fn least_drivers() {
    let check = |version: &str, platform: Platform, expected: Option<(Option<&str>, &str)>| {
        let got = least_driver(cuda(version), platform).map(|least| {
            (least.exact.map(|it| it.to_string()), least.minor_compatible.to_string())
        });
        let expected = expected.map(|(exact, minor)| (exact.map(str::to_owned), minor.to_owned()));
        assert_eq!(got, expected, "{version} {platform:?}");
    };
    use Platform::{Linux, Windows};
    check("11.0.1", Linux, Some((Some("450.51.05"), "450.36.06")));
    check("11.0.3", Windows, Some((Some("451.82"), "451.22")));
    check("11.8", Linux, Some((Some("520.61.05"), "450.80.02")));
    check("11.8", Windows, Some((Some("520.06"), "452.39")));
    check("12.0", Linux, Some((Some("525.60.13"), "525.60.13")));
    check("12.4", Linux, Some((Some("550.54.14"), "525.60.13")));
    check("12.4.1", Linux, Some((Some("550.54.15"), "525.60.13")));
    check("12.4.131", Linux, Some((Some("550.54.15"), "525.60.13")));
    check("12.6.2", Windows, Some((Some("560.94"), "528.33")));
    check("12.9.1", Linux, Some((Some("575.57.08"), "525.60.13")));
    check("12.7", Linux, None);
    check("13.0", Linux, Some((Some("580.65.06"), "580.65.06")));
    check("13.0.2", Linux, Some((Some("580.95.05"), "580.65.06")));
    check("13.1", Windows, Some((Some("590.0"), "580.0")));
    check("13.4", Linux, Some((Some("615.0"), "580.65.06")));
    check("13.5", Linux, Some((None, "580.65.06")));
    check("10.2", Linux, None);
    check("14.0", Linux, None);
}

#[test]
fn newest_cuda() {
    let check = |driver: &str, platform: Platform, expected: Option<&str>| {
        let got = newest_cuda_for(driver.parse().unwrap(), platform).map(|it| it.to_string());
        assert_eq!(got.as_deref(), expected, "{driver} {platform:?}");
    };
    use Platform::{Linux, Windows};
    check("440.33", Linux, None);
    check("450.51.05", Linux, Some("11.0.2"));
    check("470.256.02", Linux, Some("11.4.4"));
    check("535.183.01", Linux, Some("12.2.2"));
    check("550.54.14", Linux, Some("12.4.0"));
    check("565.57.01", Linux, Some("12.6.3"));
    check("570.124.06", Linux, Some("12.8.1"));
    check("580.95.05", Linux, Some("13.0.2"));
    check("595.58.03", Linux, Some("13.2.1"));
    check("610.43.02", Linux, Some("13.3"));
    check("700.1", Linux, Some("13.4"));
    check("572.83", Windows, Some("12.8.1"));
    check("581.42", Windows, Some("13.0"));
    check("591.44", Windows, Some("13.1"));
}

#[test]
fn ptx_versions() {
    let check = |version: &str, of_toolkit: Option<&str>, of_driver: Option<&str>| {
        let got = ptx_for(cuda(version)).map(|ptx| ptx.to_string());
        assert_eq!(got.as_deref(), of_toolkit, "toolkit {version}");
        let got = newest_ptx_for_driver_cuda(cuda(version)).map(|ptx| ptx.to_string());
        assert_eq!(got.as_deref(), of_driver, "driver {version}");
    };
    check("10.2", None, None);
    check("11.0", Some("7.0"), Some("7.0"));
    check("12.0", Some("8.0"), Some("8.0"));
    check("12.5", Some("8.5"), Some("8.5"));
    check("12.6.3", Some("8.5"), Some("8.5"));
    check("12.7", None, Some("8.6"));
    check("12.8", Some("8.7"), Some("8.7"));
    check("12.9", Some("8.8"), Some("8.8"));
    check("13.0", Some("9.0"), Some("9.0"));
    check("13.9", None, Some("9.5"));
}
