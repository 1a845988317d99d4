//! The sample tender in the words of other work: what is described and asked differs, weights and rules do not.

use super::model::Terms;

/// How one tender is worded.
#[derive(Clone, Copy, Debug)]
pub struct Wording {
    /// What is bought, where and how.
    pub description: &'static str,
    /// What the officer wrote of market engagement, social value, lots and small suppliers.
    pub considered: [(&'static str, &'static str); 4],
    /// The questions by criterion.
    pub questions: &'static [(&'static str, &'static str)],
}

/// Gardens on three estates.
pub const GARDENS: Wording = Wording {
    description: "The beds and the shared sheds are on the Elm, Foxley and Garner estates. Water and tools are \
                  there.\n\nSmall and voluntary organisations are welcome, and joint bids are allowed. You decide \
                  what is grown; we ask that residents have a say in it and work in the gardens.",
    considered: [
        (
            "market_engagement",
            "Two open afternoons with nine providers; what they said of water and hours is in the specification.",
        ),
        (
            "social_value",
            "Hiring and training residents, and food that is grown near by; tenants' associations were asked.",
        ),
        ("lots", "Not divided: one organisation can share staff and tools between three small gardens."),
        ("small_suppliers", "Plain questions, payment in 30 days and free use of the sheds keep the barriers low."),
    ],
    questions: &[
        ("menus", "What will you grow, and how does it meet what people like to eat?"),
        ("residents", "How will residents shape, run and learn in the gardens?"),
        ("delivery", "How will you open three gardens on time and look after them?"),
    ],
};

/// Breakfast in six schools.
pub const BREAKFASTS: Wording = Wording {
    description: "Breakfast is cooked and eaten in the halls of six primary schools, from half past seven on every \
                  school day. The school kitchens can be used free of charge.\n\nSmall and voluntary organisations are \
                  welcome, and joint bids are allowed. You decide how the mornings run; we ask that parents have a say \
                  in it and that nobody is turned away.",
    considered: [
        (
            "market_engagement",
            "Visits to eleven breakfast clubs with six providers; what they said of hours is in the specification.",
        ),
        (
            "social_value",
            "Hiring and training parents, and food that is good for children; the schools' councils were asked.",
        ),
        ("lots", "Not divided: one cook can stand in for another where six schools share them."),
        ("small_suppliers", "Plain questions, payment in 30 days and free kitchens keep the barriers low."),
    ],
    questions: &[
        ("menus", "How will your breakfasts meet the school food standards and what children like to eat?"),
        ("residents", "How will children and parents shape, run and learn at breakfast?"),
        ("delivery", "How will you open in six schools on time and every morning?"),
    ],
};

/// Lunch clubs in nine libraries.
pub const LUNCH_CLUBS: Wording = Wording {
    description: "Lunch is cooked and shared in nine libraries, twice a week in each. The rooms are fitted and \
                  rent-free.\n\nSmall and voluntary organisations are welcome, and joint bids are allowed. You decide \
                  how the clubs are run; we ask that older residents have a say in it and that eating together comes \
                  first.",
    considered: [
        (
            "market_engagement",
            "Two open afternoons with 12 providers; what they said of rooms and hours is in the specification.",
        ),
        (
            "social_value",
            "Hiring and training residents, and company for people who live alone; carers' groups were asked.",
        ),
        ("lots", "Not divided: nine small clubs share one van and one buyer."),
        ("small_suppliers", "Plain questions, payment in 30 days and rent-free rooms keep the barriers low."),
    ],
    questions: &[
        ("menus", "How will your lunches meet the food standards and what older people like to eat?"),
        ("residents", "How will residents shape, run and learn in the lunch clubs?"),
        ("delivery", "How will you open in nine libraries on time and keep the clubs running?"),
    ],
};

/// A food hub in one neighbourhood: each lot of a tender is one.
pub const FOOD_HUBS: Wording = Wording {
    description: "A food hub is one place where neighbours buy good food at cost price, cook with others and get advice. \
                  The room is fitted and rent-free.\n\nEach lot is the hub of one neighbourhood. Small and voluntary \
                  organisations are welcome, and joint bids are allowed. You decide how the hub is run; we ask that \
                  residents have a say in it and work in it.",
    considered: [
        (
            "market_engagement",
            "Three open mornings with ten providers; most of them know one neighbourhood and no other.",
        ),
        ("social_value", "Hiring and training residents, and food that people can afford; food banks were asked."),
        (
            "lots",
            "Divided by neighbourhood, so that who knows one of them can bid. Nobody wins both: two providers stay.",
        ),
        ("small_suppliers", "Plain questions, payment in 30 days and rent-free rooms keep the barriers low."),
    ],
    questions: &[
        ("menus", "What will people find in the hub, and how does it meet what they like and can afford?"),
        ("residents", "How will residents shape, run and learn in the hub?"),
    ],
};

/// Meals in the school holidays, in two stages.
pub const HOLIDAY_MEALS: Wording = Wording {
    description: "In each school holiday young people eat together at noon and do something worth coming for, in six \
                  places across the borough.\n\nThis can be done in many ways, so the tender has two stages: first you \
                  ask to take part and tell us how you work; who goes on then sends a final tender with a price. Small \
                  and voluntary organisations are welcome, and joint bids are allowed.",
    considered: [
        (
            "market_engagement",
            "An open day with 13 providers; what they said of holidays and rooms is in the specification.",
        ),
        ("social_value", "Hiring and training young residents; schools and the youth council were asked."),
        ("lots", "Not divided: one organisation can move its cooks to where most young people come."),
        ("small_suppliers", "A short first stage without a price, and payment in 30 days, keep the barriers low."),
    ],
    questions: &[
        ("menus", "How do you cook meals that young people choose to eat?"),
        ("residents", "How do young people and parents shape what you do?"),
    ],
};

/// The same terms in other words.
#[must_use]
pub fn worded(mut terms: Terms, words: &Wording) -> Terms {
    words.description.clone_into(&mut terms.description);
    if let Some(tender) = &mut terms.tender {
        for (key, text) in words.considered {
            if let Some(considered) = tender.considered.get_mut(key) {
                text.clone_into(considered);
            }
        }
    }
    for criterion in &mut terms.model.criteria {
        if let Some((_, title)) = words.questions.iter().find(|(id, _)| *id == criterion.id) {
            (*title).clone_into(&mut criterion.title);
        }
    }
    terms
}
