//! The criteria tree in reading order, with the points of every node.

use super::model::{Criterion, Kind, Model, PriceModel};
use rust_decimal::Decimal;

/// A criterion with its place in the tree.
#[derive(Clone, Debug)]
pub struct Node<'a> {
    /// The criterion.
    pub criterion: &'a Criterion,
    /// Points available for it out of 100: the product of the weights above it and its own.
    pub points: Decimal,
    /// Index of the group it lies in, in [`Model::nodes`].
    pub parent: Option<usize>,
    /// 0 at the top.
    pub depth: u32,
    /// [`Criterion::carries_points`], asked once.
    pub carries_points: bool,
}

impl Node<'_> {
    /// Whether it is a group whose parts carry points.
    #[must_use]
    pub fn is_group_with_points(&self) -> bool {
        self.carries_points && matches!(self.criterion.kind, Kind::Group { .. })
    }
}

impl Model {
    /// Whether any score depends on the other bids; only then can ranks reverse.
    #[must_use]
    pub fn is_relative(&self) -> bool {
        self.criteria.iter().any(Criterion::is_relative)
    }

    /// The price by which bids are ranked instead of by points, when the model has such a formula.
    #[must_use]
    pub fn decider(&self) -> Option<&PriceModel> {
        fn find(level: &[Criterion]) -> Option<&PriceModel> {
            level.iter().find_map(|c| c.formula().filter(|f| f.decides()).or_else(|| find(c.children())))
        }
        find(&self.criteria)
    }

    /// The tree in reading order, each group before its parts, with the points of every node.
    #[must_use]
    pub fn nodes(&self) -> Vec<Node<'_>> {
        let mut nodes = Vec::new();
        collect(&self.criteria, Decimal::ONE_HUNDRED, None, 0, &mut nodes);
        nodes
    }

    /// A criterion by its identifier.
    #[must_use]
    pub fn criterion(&self, id: &str) -> Option<&Criterion> {
        fn find<'a>(level: &'a [Criterion], id: &str) -> Option<&'a Criterion> {
            level.iter().find_map(|c| if c.id == id { Some(c) } else { find(c.children(), id) })
        }
        find(&self.criteria, id)
    }
}

fn collect<'a>(
    level: &'a [Criterion],
    available: Decimal,
    parent: Option<usize>,
    depth: u32,
    nodes: &mut Vec<Node<'a>>,
) {
    for criterion in level {
        let weight = criterion.weight.unwrap_or_default();
        let points = (available * weight / Decimal::ONE_HUNDRED).normalize();
        let carries_points = criterion.carries_points();
        nodes.push(Node { criterion, points, parent, depth, carries_points });
        collect(criterion.children(), points, Some(nodes.len() - 1), depth + 1, nodes);
    }
}
