//! Where all facts come from and how old they are: for showing, and for finding what to renew.

use crate::{
    architectures, base_images, cudnn_floors, cudnn_releases, distributions, driver_branches,
    framework_builds, gpu_models, require_cuda_rows, toolkit, wheel_requirements,
};
use jiff::civil::Date;

/// A table of facts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FactTable {
    /// The name of its file without the ending: `base_image`.
    pub name: &'static str,
    /// What it knows, in a few words.
    pub about: &'static str,
    /// Where each row comes from.
    pub rows: Vec<Origin>,
}

/// Where a row comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// The source, as the row names it.
    pub source: &'static str,
    /// The day on which it was read.
    pub date: Date,
}

impl FactTable {
    /// The oldest and the newest day; `None` for a table without rows.
    pub fn dates(&self) -> Option<(Date, Date)> {
        let dates = || self.rows.iter().map(|row| row.date);
        dates().min().zip(dates().max())
    }

    /// How many rows were read before that day.
    ///
    /// ```
    /// use cuda_compat::fact_tables;
    /// use jiff::civil::date;
    ///
    /// for table in fact_tables() {
    ///     assert_eq!(table.read_before(date(2020, 1, 1)), 0);
    ///     assert_eq!(table.read_before(date(2100, 1, 1)), table.rows.len());
    /// }
    /// ```
    pub fn read_before(&self, day: Date) -> usize {
        self.rows.iter().filter(|row| row.date < day).count()
    }

    /// The sources with the number of rows of each, by name.
    pub fn sources(&self) -> Vec<(&'static str, usize)> {
        let mut sources: Vec<&str> = self.rows.iter().map(|row| row.source).collect();
        sources.sort_unstable();
        let count = |group: &[&'static str]| group.first().map(|source| (*source, group.len()));
        sources.chunk_by(|one, next| one == next).filter_map(count).collect()
    }
}

/// Every table of facts, by name.
///
/// ```
/// use cuda_compat::fact_tables;
///
/// let tables = fact_tables();
/// let images = tables.iter().find(|table| table.name == "base_image").unwrap();
/// assert!(images.rows.len() > 100);
/// ```
pub fn fact_tables() -> Vec<FactTable> {
    macro_rules! origins {
        ($($rows:expr),+) => {
            {
                let mut rows: Vec<Origin> = Vec::new();
                $(rows.extend($rows.iter().filter_map(|row| origin(&row.source, &row.date)));)+
                rows
            }
        };
    }
    let table = |name, about, rows: Vec<Origin>| FactTable { name, about, rows };
    vec![
        table(
            "arch",
            "GPU architectures and which toolkits build for them",
            origins!(architectures()),
        ),
        table("base_image", "tags of nvidia/cuda", origins!(base_images())),
        table(
            "cudnn",
            "releases of cuDNN, their CUDA and GPUs",
            origins!(cudnn_releases(), cudnn_floors()),
        ),
        table(
            "distribution",
            "Pythons and end of life of distributions",
            origins!(distributions()),
        ),
        table(
            "driver_branch",
            "driver branches and their end of life",
            origins!(driver_branches()),
        ),
        table(
            "framework",
            "builds of frameworks, their CUDA, Python and GPUs",
            origins!(framework_builds()),
        ),
        table("gpu_model", "GPU models and what they reach", origins!(gpu_models())),
        table(
            "require_cuda",
            "drivers that images of nvidia/cuda ask for",
            origins!(require_cuda_rows()),
        ),
        table(
            "requirement",
            "what wheels require of shared packages",
            origins!(wheel_requirements()),
        ),
        table(
            "toolkit",
            "CUDA toolkits and the drivers that they need",
            toolkit::origins().filter_map(|(source, date)| origin(source, date)).collect(),
        ),
    ]
}

fn origin(source: &'static str, date: &'static str) -> Option<Origin> {
    Some(Origin { source, date: date.parse().ok()? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_table_and_no_row_is_forgotten() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
        let mut files: Vec<(String, usize)> = Vec::new();
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|ending| ending == "toml") {
                let text = std::fs::read_to_string(&path).unwrap();
                let rows = text.lines().filter(|line| line.starts_with("[[")).count();
                files.push((path.file_stem().unwrap().to_string_lossy().into_owned(), rows));
            }
        }
        files.sort();
        let tables = fact_tables();
        let known: Vec<(String, usize)> =
            tables.iter().map(|table| (table.name.to_owned(), table.rows.len())).collect();
        assert_eq!(known, files);
    }

    #[test]
    fn counts_sources() {
        let day: Date = "2026-11-24".parse().unwrap();
        let row = |source| Origin { source, date: day };
        let table = FactTable { name: "x", about: "y", rows: vec![row("b"), row("a"), row("b")] };
        assert_eq!(table.sources(), [("a", 1), ("b", 2)]);
        assert_eq!(table.dates(), Some((day, day)));
        assert_eq!(FactTable { rows: vec![], ..table }.dates(), None);
    }
}
