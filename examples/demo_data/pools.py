"""What the invented people are made of: names, places, trades, and dice that fall alike everywhere.

Nobody real is hit. Addresses end in names reserved for documentation (`example.org`, `*.example`), telephone numbers
come from the blocks that the German regulator keeps free for films, and every character exists in ISO 8859-1.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

T = TypeVar("T")


class Dice:
    """Chance that is the same on every machine: only the one method whose sequence Python promises to keep.

    >>> Dice(7).below(100) == Dice(7).below(100)
    True
    """

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)  # noqa: S311  (demo data, no secret)

    def below(self, end: int) -> int:
        """Draw a number from 0 to *end* - 1."""
        return int(self._random.random() * end)

    def chance(self, share: float) -> bool:
        """Say yes in *share* of the cases."""
        return self._random.random() < share

    def one_of(self, items: Sequence[T]) -> T:
        """Draw one of *items*."""
        return items[self.below(len(items))]

    def shuffled(self, items: Sequence[T]) -> list[T]:
        """Give *items* in another order."""
        keyed = [(self._random.random(), place, item) for place, item in enumerate(items)]
        return [item for _, _, item in sorted(keyed, key=lambda entry: entry[:2])]


def listed(text: str) -> tuple[str, ...]:
    """Read a pool written as text, with commas between the entries.

    >>> listed("Anna, von der Heide")
    ('Anna', 'von der Heide')
    """
    return tuple(" ".join(entry.split()) for entry in text.split(","))


STREETS = listed(
    """Ahornallee, Alte Landstraße, Am Anger, Am Bahndamm, Am Marktplatz, An der Mühle, Bachgasse, Bahnhofstraße,
    Bergstraße, Birkenweg, Blumenstraße, Brückenstraße, Brunnengasse, Buchenring, Burgstraße, Dorfstraße, Eichenweg,
    Feldstraße, Fichtenweg, Fliederweg, Gartenstraße, Goethestraße, Große Gasse, Hafenstraße, Hauptstraße, Hohe Straße,
    Im Tal, Jägerstraße, Kaiserstraße, Kapellenweg, Kastanienallee, Kirchplatz, Königsallee, Kurze Straße, Lange Reihe,
    Lerchenweg, Lessingstraße, Lindenstraße, Marienplatz, Mozartstraße, Mühlenweg, Nordstraße, Parkstraße, Poststraße,
    Querstraße, Rathausplatz, Ringstraße, Rosenweg, Schillerstraße, Schloßallee, Schulstraße, Seestraße, Sonnenhang,
    Südring, Talstraße, Uferstraße, Waldweg, Wallstraße, Weinbergstraße, Wiesengrund, Zum Sportplatz, Zur Alten Ziegelei"""
)


@dataclass(frozen=True, slots=True)
class Place:
    """A city with postal codes that belong to it."""

    city: str
    country: str
    postal_codes: tuple[str, ...]
    streets: tuple[str, ...]
    area: str = ""
    """Country and area code of the film numbers, where the city has any."""


def _place(city: str, country: str, codes: str, area: str = "", streets: str = "") -> Place:
    return Place(city, country, listed(codes), listed(streets) if streets else STREETS, area)


FIRST_NAMES = {
    "Frau": listed(
        """Anna, Anneliese, Antje, Barbara, Bärbel, Birgit, Brigitte, Britta, Carla, Charlotte, Christa, Claire,
        Claudia, Cornelia, Dörte, Elke, Emily, Emma, Erika, Eva-Maria, Fatma, Franziska, Frauke, Friederike, Gabriele,
        Gisela, Grace, Hannah, Heike, Helga, Ingrid, Isabel, Johanna, Judith, Jule, Käthe, Karin, Katharina, Kerstin,
        Kirsten, Laura, Lea, Lena, Leonie, Lieselotte, Lucy, Luise, Margarethe, Maria, Marie-Thérèse, Marlies, Meike,
        Melanie, Mia, Michaela, Monika, Nadine, Natalie, Nele, Olivia, Petra, Renate, Renée, Rosa, Ruth, Sabine, Sarah,
        Silke, Sofia, Sophie, Stefanie, Susanne, Svenja, Tanja, Ulrike, Ursula, Valérie, Vanessa, Wiebke, Zoë"""
    ),
    "Herr": listed(
        """Achim, Alexander, Ali, André, Andreas, Anton, Arthur, Bernd, Björn, Boris, Christian, Christoph, Daniel,
        David, Detlef, Dieter, Dirk, Eberhard, Edward, Emre, Erik, Felix, Florian, Francisco, François, Frank, Friedrich,
        Georg, Gerd, Götz, Günter, Hans-Jörg, Hans-Peter, Harald, Heinz, Helmut, Henry, Holger, Ian, Ingo, Jack, Jakob,
        James, Jan, Jens, João, Jochen, Johannes, Jonas, Jörg, José, Jürgen, Karl-Heinz, Klaus, Konrad, Lars, Leo, Liam,
        Lukas, Lutz, Manfred, Marc, Markus, Martin, Mats, Matthias, Michael, Mustafa, Niklas, Olaf, Oliver, Oskar, Paul,
        Peter, Philipp, Rainer, Ralf, Reinhard, Rüdiger, Sean, Sebastian, Sören, Stefan, Thomas, Thorsten, Tim, Udo, Uwe,
        Volker, Werner, William, Wolfgang"""
    ),
}

LAST_NAMES = listed(
    """Albrecht, Altmann, Arslan, Bäcker, Bauer, Baumgärtner, Becker, Behrens, Berger, Böhm, Borchert, Brandt, Braun,
    Bröcker, Büchner, Clarke, Cooper, Dahlmann, Davies, De Luca, Demir, Dietrich, Döring, Eichhorn, Engel, Evans,
    Fährmann, Fischer, Frank, Franke, Fuchs, García, Gärtner, Geißler, Gonçalves, Graf, Groß, Großmann, Günther, Haas,
    Hahn, Hänsel, Hartmann, Heinrich, Herrmann, Heß, Hoffmann, Höfer, Huber, Hughes, Iversen, Jäger, Jahn, Jansen, Jones,
    Jørgensen, Kaiser, Kaya, Keller, Klein, Köhler, König, Koch, Krämer, Kraus, Krüger, Kühn, Lang, Lange, Lehmann,
    Lindström, Lorenz, Löwe, Ludwig, Lüdtke, Maier, Martínez, Maurer, Mayer, Meier, Meißner, Meyer, Möller, Moser,
    Müller, Müller-Lüdenscheidt, Neumann, Nguyen, O'Brien, O'Neil, Oßwald, Otto, Özdemir, Peters, Pfeiffer, Pohl,
    Preußler, Richter, Ritter, Roberts, Roth, Sauer, Schäfer, Schindler, Schmidt, Schmitt-Köster, Schmitz, Schneider,
    Schöne, Scholz, Schröder, Schubert, Schulz, Schuster, Schwarz, Seidel, Simon, Sørensen, Sommer, Stein, Strauß, Süß,
    Taylor, Thompson, Töpfer, Ümit, Vogel, Vogt, von Arnim, von der Heide, von und zu Bergen, Wächter, Wagner, Walker,
    Walter, Weber, Weiß, Werner, Wilson, Winkler, Wolf, Wörner, Wright, Yildiz, Zander, Ziegler, Zimmermann, Zöllner"""
)

MUNICH = _place("München", "DE", "80331, 80333, 80335, 80337, 80469, 80538, 80799, 81371, 81541, 81667", "+4989")
BERLIN = _place("Berlin", "DE", "10115, 10117, 10178, 10243, 10405, 10435, 10623, 10823, 10999, 12043, 13347", "+4930")
HAMBURG = _place("Hamburg", "DE", "20095, 20144, 20249, 20259, 20357, 20457, 22083, 22303, 22765, 22769", "+4940")
COLOGNE = _place("Köln", "DE", "50667, 50670, 50674, 50677, 50733, 50823, 50931, 51063, 51103", "+49221")
FRANKFURT = _place("Frankfurt am Main", "DE", "60311, 60313, 60318, 60322, 60385, 60486, 60594, 60599", "+4969")
BIG_CITIES = (MUNICH, BERLIN, HAMBURG, COLOGNE, FRANKFURT)

SMALLER_CITIES = (
    _place("Augsburg", "DE", "86150, 86152, 86161"),
    _place("Bad Tölz", "DE", "83646"),
    _place("Bremen", "DE", "28195, 28203, 28209"),
    _place("Dresden", "DE", "01067, 01069, 01097, 01309"),
    _place("Düsseldorf", "DE", "40210, 40213, 40477, 40549"),
    _place("Erfurt", "DE", "99084, 99089, 99096"),
    _place("Gießen", "DE", "35390, 35392"),
    _place("Görlitz", "DE", "02826, 02827"),
    _place("Göttingen", "DE", "37073, 37075"),
    _place("Halle (Saale)", "DE", "06108, 06110, 06114"),
    _place("Hannover", "DE", "30159, 30161, 30449"),
    _place("Leipzig", "DE", "04103, 04109, 04229, 04275"),
    _place("Lübeck", "DE", "23552, 23554, 23564"),
    _place("Meißen", "DE", "01662"),
    _place("Münster", "DE", "48143, 48147, 48155"),
    _place("Nürnberg", "DE", "90402, 90403, 90408, 90489"),
    _place("Osnabrück", "DE", "49074, 49076, 49080"),
    _place("Rostock", "DE", "18055, 18057"),
    _place("Saarbrücken", "DE", "66111, 66117, 66123"),
    _place("Stuttgart", "DE", "70173, 70176, 70182, 70197"),
    _place("Tübingen", "DE", "72070, 72072, 72074"),
    _place("Würzburg", "DE", "97070, 97072, 97074"),
)

ABROAD = (
    _place("Wien", "AT", "1010, 1020, 1070, 1090"),
    _place("Salzburg", "AT", "5020"),
    _place("Innsbruck", "AT", "6020"),
    _place("Zürich", "CH", "8001, 8004, 8032"),
    _place("Genève", "CH", "1201, 1205", streets="Rue du Rhône, Rue de Lausanne, Quai du Mont-Blanc"),
    _place("London", "GB", "EC1A 1BB, SE1 9GF, N1 9GU", streets="High Street, Church Road, St. John's Lane"),
    _place("Malmö", "SE", "211 20, 211 43", streets="Storgatan, Södergatan, Östra Förstadsgatan"),
    _place("Lyon", "FR", "69002, 69003", streets="Rue de la République, Rue Molière, Quai de Saône"),
    _place("Amsterdam", "NL", "1012 AB, 1017 CT", streets="Prinsengracht, Keizersgracht, Spuistraat"),
)

COUNTRY_WORDS = {
    "DE": ("Deutschland", "Deutschland", "Deutschland", "DE", "DE", "Germany"),
    "AT": ("Österreich", "Austria", "AT"),
    "CH": ("Schweiz", "Switzerland", "CH"),
    "GB": ("Vereinigtes Königreich", "United Kingdom", "GB"),
    "SE": ("Schweden", "SE"),
    "FR": ("Frankreich", "FR"),
    "NL": ("Niederlande", "NL"),
}

TRADES = {
    "IT": listed("Software GmbH, Datentechnik, Systemhaus GmbH, Netzwerke KG"),
    "Bau": listed("Bau GmbH, Holzbau, Tiefbau AG, Architekten, Dächer e.K."),
    "Handel": listed("Handels GmbH & Co. KG, Feinkost, Möbelhaus, Großhandel"),
    "Gesundheit": listed("Apotheke, Pflegedienst gGmbH, Physiotherapie, Hörgeräte"),
    "Bildung": listed("Akademie, Sprachschule, Bildungswerk e.V."),
    "Medien": listed("Verlag, Filmproduktion, Werbeagentur, Tonstudio"),
    "Verwaltung": listed("Verwaltungs GbR, Hausverwaltung, Treuhand"),
    "Kultur": listed("Theater, Kunsthandlung, Konzertbüro, Festspiele gGmbH"),
}
INDUSTRIES = tuple(TRADES)
"""The options of the custom field "Branche"."""

GROUPS = ("Aussteller", "Ehemalige", "Förderkreis", "Presse", "Referenten", "Stammgäste", "VIP")
PRIVATE_DOMAINS = ("example.org", "example.com", "example.net", "post.example", "briefkasten.example")
POSITIONS = listed(
    """Geschäftsführung, Assistenz, Einkauf, Vertriebsleitung, Projektleitung, Buchhaltung, Redaktion, CTO, Ausbildung,
    Öffentlichkeitsarbeit, Inhaberin, Betriebsrat"""
)
CLERKS = ("", "", "kr", "ms", "Seidel", "Praktikum")
"""The column that maps to nothing: who typed the row."""
