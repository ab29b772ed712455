//! The packages of Nsight Systems and Nsight Compute in NVIDIA's archive.
//!
//! The table is `nsight.toml`. For each line of CUDA the archive has two packages that bring the
//! releases of the profilers that belong to it; they have the same names for apt and for dnf.

use super::{RenderError, plan::Planned};
use cuda_compat::CudaVersion;
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    package: Vec<Row>,
}

/// A package, for all lines of CUDA between two.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    /// Its name without the line of CUDA.
    name: String,
    /// The first line of CUDA for which it was seen.
    first: CudaVersion,
    /// The last.
    last: CudaVersion,
    #[cfg_attr(not(test), expect(dead_code, reason = "for readers of the table, and its test"))]
    source: String,
    #[cfg_attr(not(test), expect(dead_code, reason = "for readers of the table, and its test"))]
    date: String,
}

/// The packages for the CUDA of an image.
pub(crate) fn packages(planned: &Planned<'_>) -> Result<Vec<String>, RenderError> {
    let wrong = |reason: String| RenderError::Nsight { name: planned.name.to_owned(), reason };
    if !planned.is_from_cuda() {
        return Err(wrong(
            "the packages are in NVIDIA's archive, which only images of `nvidia/cuda` know; build on \
             one, or install Nsight in your base"
                .to_owned(),
        ));
    }
    let cuda = planned.recipe.cuda.as_ref().map(|cuda| cuda.value.minor_line());
    let cuda = cuda.ok_or_else(|| wrong("the CUDA of the image is not known".to_owned()))?;
    let rows = rows().map_err(|error| wrong(error.to_string()))?;
    let of_cuda = rows.iter().filter(|row| (row.first..=row.last).contains(&cuda));
    let found: Vec<String> =
        of_cuda.map(|row| format!("{}-{}-{}", row.name, cuda.major, cuda.minor)).collect();
    if found.is_empty() {
        return Err(wrong(format!("no packages of Nsight are known for CUDA {cuda}")));
    }
    Ok(found)
}

fn rows() -> Result<Vec<Row>, toml::de::Error> {
    toml::from_str::<Table>(include_str!("nsight.toml")).map(|table| table.package)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_sorted_and_say_where_they_come_from() {
        let rows = rows().unwrap();
        assert!(rows.is_sorted_by(|one, next| one.name < next.name));
        for row in rows {
            assert!(row.first <= row.last && row.source.len() > 5 && row.date.len() == 10);
        }
    }
}
