//! What plans may name: the metrics of the catalogue with their definition versions and figures.

use candor_catalogue::{Catalogue, Direction as Way};
use candor_experiment::plan::{Direction, KnownFigure, KnownMetric};

use crate::commands::metrics::catalogue;
use crate::failure::Failure;

/// The catalogue as plans see it, the organisation's own metrics included.
pub fn known() -> Result<Vec<KnownMetric>, Failure> {
    Ok(of(&catalogue()?))
}

fn of(catalogue: &Catalogue) -> Vec<KnownMetric> {
    let direction = |way| match way {
        Way::Higher => Direction::Higher,
        Way::Lower => Direction::Lower,
        Way::Neither => Direction::Neither,
    };
    let known = catalogue.metrics().into_iter().map(|metric| KnownMetric {
        id: metric.id.clone(),
        version: metric.version,
        tier: metric.tier,
        figures: metric
            .figures
            .iter()
            .map(|figure| KnownFigure { name: figure.name.clone(), direction: direction(figure.direction) })
            .collect(),
    });
    known.collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]
    use super::*;

    #[test]
    fn the_catalogue_has_every_metric_that_the_plans_of_the_tests_name() {
        let built_in = of(&candor_catalogue::Catalogue::built_in().unwrap());
        let table = include_str!("../../../../experiment/fixtures/plans/metrics.tsv");
        for line in table.lines().skip(1) {
            let cells: Vec<&str> = line.split('\t').collect();
            let metric = built_in.iter().find(|own| own.id == cells[0]).unwrap_or_else(|| panic!("no metric `{}`", cells[0]));
            assert_eq!(
                (metric.version.to_string(), metric.tier.to_string()),
                (cells[1].to_owned(), cells[2].to_owned()),
                "{}",
                cells[0]
            );
            for (name, way) in cells[3].split(' ').map(|figure| figure.split_once(':').unwrap()) {
                let figure = metric.figures.iter().find(|own| own.name == name);
                assert_eq!(figure.map(|own| own.direction.as_str()), Some(way), "{} {name}", cells[0]);
            }
        }
    }
}
