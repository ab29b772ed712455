//! Which Python package index this machine uses: as pip and uv are told, else the public one.

use crate::environment::PackageIndex;
use std::path::{Path, PathBuf};

/// The public index.
const PUBLIC: &str = "https://pypi.org/simple";

/// The address of the index, without a slash at its end. It may hold a password.
pub(super) fn index_url(
    environment: &PackageIndex,
    read: impl Fn(&Path) -> Option<String>,
) -> String {
    let told =
        [&environment.uv_default_index, &environment.uv_index_url, &environment.pip_index_url];
    let told = told.into_iter().flatten().find(|url| !url.trim().is_empty()).cloned();
    let url = told.or_else(|| {
        let files = config_files(environment);
        files.iter().find_map(|path| of_config(&read(path)?))
    });
    let url = url.unwrap_or_else(|| PUBLIC.to_owned());
    // uv lets an index have a name: `company=https://…`.
    let named = url.split_once('=').filter(|(name, _)| !name.contains(':'));
    named.map_or(url.as_str(), |(_, url)| url).trim().trim_end_matches('/').to_owned()
}

/// pip's files, the one that counts most first.
fn config_files(environment: &PackageIndex) -> Vec<PathBuf> {
    let home = environment.home.as_ref();
    let config = environment.config_home.clone().or_else(|| home.map(|home| home.join(".config")));
    // `-` would be standard input.
    let named = environment.pip_config_file.iter().filter(|path| path.as_os_str() != "-");
    let mut files: Vec<PathBuf> = named.cloned().collect();
    files.extend(config.map(|folder| folder.join("pip/pip.conf")));
    files.extend(home.map(|home| home.join(".pip/pip.conf")));
    files.push(PathBuf::from("/etc/pip.conf"));
    files
}

/// `index-url` of the section `[global]`, else of `[install]`.
fn of_config(text: &str) -> Option<String> {
    let of_section = |wanted: &str| {
        let mut section = "";
        for line in text.lines().map(str::trim) {
            if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
                section = name.trim();
            } else if let Some((key, value)) = line.split_once(['=', ':'])
                && section == wanted
                && matches!(key.trim(), "index-url" | "index_url")
            {
                return Some(value.trim().to_owned()).filter(|value| !value.is_empty());
            }
        }
        None
    };
    of_section("global").or_else(|| of_section("install"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(environment: &PackageIndex, files: &[(&str, &str)], expected: &str) {
        let read = |path: &Path| {
            let found = files.iter().find(|(name, _)| Path::new(name) == path);
            found.map(|(_, text)| (*text).to_owned())
        };
        assert_eq!(index_url(environment, read), expected);
    }

    #[test]
    fn the_nearest_setting_counts() {
        let text = |text: &str| Some(text.to_owned());
        let nothing = PackageIndex::default();
        check(&nothing, &[], PUBLIC);
        let pip = PackageIndex { pip_index_url: text("https://a/simple/"), ..nothing.clone() };
        check(&pip, &[], "https://a/simple");
        let uv = PackageIndex { uv_default_index: text("company=https://b/simple"), ..pip.clone() };
        check(&uv, &[], "https://b/simple");
        let plain = PackageIndex { uv_index_url: text("https://me:a=b@c/s"), ..pip };
        check(&plain, &[], "https://me:a=b@c/s");
        let empty = PackageIndex { pip_index_url: text(" "), ..nothing };
        check(&empty, &[], PUBLIC);
    }

    #[test]
    fn pip_has_files() {
        let home = PackageIndex { home: Some("/home/me".into()), ..PackageIndex::default() };
        let user = "[global]\ntimeout = 9\nindex-url = https://user/simple\n";
        let machine = "[install]\nindex_url: https://machine/simple\n[global]\nx=1\n";
        check(&home, &[("/etc/pip.conf", machine)], "https://machine/simple");
        let both = [("/etc/pip.conf", machine), ("/home/me/.config/pip/pip.conf", user)];
        check(&home, &both, "https://user/simple");
        let broken = [("/etc/pip.conf", "index-url = https://x\n[global\nindex-url")];
        check(&home, &broken, PUBLIC);
    }
}
