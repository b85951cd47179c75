"""The clients of the demo's agencies: eight of Lumen, four of Harbor, each with its story."""

from cmhub.sandbox.community.places import Community, Section
from cmhub.sandbox.community.stories import (
    COMMUTE,
    NIGHT,
    OFFICE,
    WEEKENDS,
    WORKDAYS,
    Phase,
    Story,
    Wave,
)

PARIS, LONDON = "Europe/Paris", "Europe/London"
INSTAGRAM, DISCORD = "simulated_instagram", "simulated_discord"
FORUM, FACEBOOK = "simulated_forum", "simulated_facebook"

# fmt: off
_CALM = Story()
_CALM_TOO = Story(team=((180, 0.72),), hours=4, people=70, by_weekday=WEEKENDS)
_BURNS = Story(
    pulse=((180, 1.0), (12, 1.0), (9, 1.7), (4, 2.3), (0, 2.6)),
    team=((180, 0.72), (11, 0.72), (10, 0.03), (0, 0.0)),
    hours=5, tended=((180, 20.0), (11, 20.0), (10, 1e6), (0, 1e6)),
    phases=(Phase("crise", 10, 0, 0.62),), people=150,
    newcomers=((180, 1.0), (12, 1.0), (6, 2.4), (0, 3.0)),
)
_SPAMMED = Story(
    pulse=((180, 0.95), (40, 1.35), (30, 1.0), (0, 1.05)), team=((180, 0.7),), hours=3,
    waves=(Wave(18, 17, 9), Wave(16, 14, 27), Wave(13, 12, 6)), people=170,
    newcomers=((180, 1.0), (45, 1.0), (40, 3.0), (34, 1.0)), by_hour=NIGHT, by_weekday=WEEKENDS,
)
_KEPT = Story(
    pulse=((180, 1.0), (27, 1.0), (24, 1.9), (21, 1.0), (0, 1.0)), team=((180, 0.9),), hours=1.2,
    tended=((180, 6.0),), phases=(Phase("greve", 25, 22, 0.6),), people=110,
    by_hour=COMMUTE, by_weekday=WORKDAYS,
)
_RISES = Story(
    pulse=((180, 0.75), (31, 0.75), (24, 1.5), (10, 2.2), (0, 2.5)), team=((180, 0.85),), hours=2,
    tended=((180, 8.0),), phases=(Phase("campagne", 30, 0, 0.45),), people=160,
    newcomers=((180, 0.35), (32, 0.35), (26, 2.5), (0, 4.0)), by_weekday=WEEKENDS,
)
_SILENT = Story(
    pulse=((180, 1.25), (95, 1.1), (60, 0.7), (30, 0.35), (10, 0.16), (0, 0.1)),
    team=((180, 0.75), (60, 0.6), (30, 0.4), (0, 0.3)), hours=9,
    tended=((180, 30.0),), helpers_gone=(64, 52, 47, 38, 33, 26), people=75,
    newcomers=((180, 2.0), (90, 1.0), (50, 0.2), (0, 0.05)),
)
_UNREAD = Story(team=((180, 0.8),), hours=4, people=75, by_weekday=WEEKENDS)
_BREAKS = Story(
    pulse=((180, 1.0), (12, 1.0), (9, 1.9), (0, 2.4)),
    team=((180, 0.8), (11, 0.8), (10, 0.04), (0, 0.0)),
    hours=3, tended=((180, 16.0), (11, 16.0), (10, 1e6), (0, 1e6)),
    phases=(Phase("release", 10, 0, 0.6),), people=110, newcomers=((180, 1.0), (11, 1.0), (0, 2.2)),
    by_hour=OFFICE, by_weekday=WORKDAYS,
)
_COUNTED = Story(
    pulse=((180, 0.7), (29, 0.7), (22, 1.6), (8, 2.1), (0, 2.3)), team=((180, 0.82),), hours=2.5,
    tended=((180, 9.0),), phases=(Phase("count", 28, 0, 0.5),), people=140,
    newcomers=((180, 0.3), (30, 0.3), (24, 2.5), (0, 3.5)), by_weekday=WEEKENDS,
)

COMMUNITIES = (
    Community(
        "sentiers", "lumen", "Sentiers & Cie", "Sentiers & Cie", "fr", PARIS,
        "Sentiers – l’équipe", "#3f6b3a", (("matrix", ""),),
        (
            Section("entraide", "Entraide matériel", "Réparer, choisir, entretenir", 1.5,
                    former="forum-materiel"),
            Section("sorties", "Sorties", "Qui part où, et avec qui", 1.1, former="forum-sorties"),
        ),
        _CALM,
    ),
    Community(
        "aubrelle", "lumen", "Théâtre de l’Aubrelle", "Théâtre de l’Aubrelle", "fr", PARIS,
        "Théâtre de l’Aubrelle", "#8c2f39", (("matrix", ""),),
        (
            Section("billetterie", "Billetterie", "Places, échanges, accès", 1.0),
            Section("foyer", "Le foyer", "Avant et après le spectacle", 0.9),
        ),
        _CALM_TOO,
    ),
    Community(
        "reparer", "lumen", "Réseau Réparer", "Réseau Réparer Ouest", "fr", PARIS,
        "Coordination du réseau", "#7a4f01", (("matrix", ""),),
        (
            Section("reparations", "Réparations", "Montrer, ouvrir, comprendre", 1.4),
            Section("benevoles", "Bénévoles", "Planning, matériel, vie du réseau", 1.0),
        ),
        _SILENT,
    ),
    Community(
        "seralune", "lumen", "Séralune", "Laboratoire Séralune", "fr", PARIS,
        "Séralune", "#9d3c72", ((INSTAGRAM, "@seralune"),),
        (
            Section("posts", "@seralune", "Sous les publications", 1.5, INSTAGRAM),
            Section("conseils", "@seralune.conseils", "Une peau, une question", 0.9, INSTAGRAM),
        ),
        _BURNS,
    ),
    Community(
        "brume", "lumen", "Brumecœur", "Studio Brumecœur", "fr", PARIS,
        "Studio Brumecœur", "#4b4b9b", ((DISCORD, "Les Veilleurs de Brume"),),
        (
            Section("entraide", "entraide", "Bloqué ? Planté ? C’est ici", 2.4, DISCORD),
            Section("suggestions", "suggestions", "Idées, râleries, créations", 1.4, DISCORD),
        ),
        _SPAMMED,
    ),
    Community(
        "sorlin", "lumen", "Sorlin Mobilités", "Syndicat des transports du Val de Sorlin", "fr",
        PARIS, "Sorlin Mobilités", "#16658a",
        ((FORUM, "Forum des usagers"), (FACEBOOK, "Sorlin Mobilités")),
        (
            Section("forum", "Vie des lignes", "Horaires, retards, titres", 1.7, FORUM),
            Section("page", "Sorlin Mobilités", "La page du réseau", 0.7, FACEBOOK),
        ),
        _KEPT,
    ),
    Community(
        "tamis", "lumen", "Le Tamis", "Le Tamis, épicerie coopérative", "fr", PARIS,
        "Le Tamis", "#496a00", ((FACEBOOK, "Le Tamis, épicerie coopérative"),),
        (
            Section("page", "Le Tamis", "La vie de l’épicerie", 1.1, FACEBOOK),
            Section("entraide", "Entre coops", "Prêts, coups de main, trocs", 0.6, FACEBOOK),
        ),
        _RISES,
    ),
    Community(
        "vauclerc", "lumen", "Musée de Vauclerc", "Musée de l’horlogerie de Vauclerc", "fr", PARIS,
        "Musée de Vauclerc", "#6b5b2a",
        ((INSTAGRAM, "@musee.vauclerc"), (FACEBOOK, "Musée de l’horlogerie de Vauclerc")),
        (
            Section("galerie", "@musee.vauclerc", "Une pièce, une histoire", 0.8, INSTAGRAM),
            Section("page", "Musée de Vauclerc", "Visiter, réserver, participer", 0.7, FACEBOOK),
        ),
        _UNREAD,
    ),
    Community(
        "gannet", "harbor", "Gannet Games", "Gannet Games Ltd", "en", LONDON,
        "Gannet Games", "#2b6777", (("matrix", ""),),
        (
            Section("rules", "Rules & play", "Questions about our games", 1.5,
                    former="forum-rules"),
            Section("news", "News & meet-ups", "Reprints, orders, game nights", 1.1,
                    former="forum-general"),
        ),
        _CALM,
    ),
    Community(
        "furrow", "harbor", "Pip & Furrow", "Pip & Furrow Seeds", "en", LONDON,
        "Pip & Furrow", "#406b1e", (("matrix", ""),),
        (
            Section("sowing", "Sowing & growing", "What, when, and what is eating it", 1.4),
            Section("swap", "Swaps & orders", "Seeds to share, parcels to chase", 0.9),
        ),
        _CALM_TOO,
    ),
    Community(
        "ledgerlark", "harbor", "Ledgerlark", "Ledgerlark Software Ltd", "en", LONDON,
        "Ledgerlark", "#33508a", ((FORUM, "Ledgerlark users’ forum"),),
        (
            Section("help", "Getting help", "Stuck? Somebody here has been too", 1.5, FORUM),
            Section("ideas", "Ideas", "What it should do next", 0.7, FORUM),
        ),
        _BREAKS,
    ),
    Community(
        "fenwatch", "harbor", "Fenwatch", "The Fenwatch Trust", "en", LONDON,
        "Fenwatch", "#046a67", ((FACEBOOK, "Fenwatch Trust"), (DISCORD, "Fenwatch wardens")),
        (
            Section("page", "Fenwatch Trust", "Rivers, sightings, days out", 1.0, FACEBOOK),
            Section("wardens", "wardens", "For those with a stretch of river", 0.5, DISCORD),
        ),
        _COUNTED,
    ),
)
# fmt: on

UNREAD = ("vauclerc", INSTAGRAM, 6)
"""A connection that the network has turned away: whose, where, how many days ago."""
