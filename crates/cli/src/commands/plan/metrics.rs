//! What plans may name: the metrics of the catalogue with their definition versions and figures.

use candor_experiment::plan::{Direction, KnownFigure, KnownMetric};

/// One metric a line: id, definition version, tier, figures with their directions.
const TABLE: &str = include_str!("metrics.tsv");

/// The catalogue, as plans see it.
pub fn known() -> Vec<KnownMetric> {
    TABLE.lines().skip(1).filter_map(metric).collect()
}

fn metric(line: &str) -> Option<KnownMetric> {
    let mut cells = line.split('\t');
    let (id, version, tier) = (cells.next()?.to_owned(), cells.next()?.parse().ok()?, cells.next()?.parse().ok()?);
    let figure = |text: &str| {
        let (name, direction) = text.split_once(':')?;
        Some(KnownFigure { name: name.to_owned(), direction: Direction::named(direction)? })
    };
    let figures = cells.next()?.split(' ').map(figure).collect::<Option<Vec<_>>>()?;
    Some(KnownMetric { id, version, tier, figures })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]
    use super::*;

    #[test]
    fn every_line_of_the_table_is_a_metric_of_the_catalogue() {
        let known = known();
        assert_eq!(known.len(), TABLE.lines().count() - 1);
        let catalogue = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../catalogue/catalogue");
        for metric in &known {
            let file = catalogue.join(format!("tier{}/{}.sql", metric.tier, metric.id));
            let text = std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
            let header = text.split("*/").next().unwrap();
            assert!(
                header.contains(&format!("version = {}\n", metric.version)),
                "{}: another version in the table of plans",
                metric.id
            );
            for figure in &metric.figures {
                assert!(header.contains(&format!("name = \"{}\"", figure.name)), "{}: no figure `{}`", metric.id, figure.name);
            }
        }
    }
}
