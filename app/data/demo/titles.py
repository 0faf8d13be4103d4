"""The till's capitals and abbreviations as words a shopper can read."""

import re
from functools import lru_cache

# Only what is certain; the rest stays as it is.
_WORDS = {
    "bg": "bags",
    "bn": "bean",
    "brd": "breaded",
    "brkfst": "breakfast",
    "btl": "bottle",
    "btr": "butter",
    "bkd": "baked",
    "carb": "carbonated",
    "catfd": "cat food",
    "chick": "chicken",
    "chix": "chicken",
    "ckys": "cookies",
    "cndy": "candy",
    "crkr": "crackers",
    "chococlate": "chocolate",
    "choc": "chocolate",
    "cleang": "cleaning",
    "cnd": "canned",
    "cntrl": "control",
    "conc": "concentrate",
    "crbntd": "carbonated",
    "crystl": "crystal",
    "disposible": "disposable",
    "dnr": "dinner",
    "dnrs": "dinners",
    "dogfd": "dog food",
    "drnk": "drink",
    "drnking": "drinking",
    "drnkng": "drinking",
    "drnks": "drinks",
    "drsng": "dressing",
    "dsh": "dishes",
    "fd": "food",
    "fem.": "feminine",
    "flvr": "flavored",
    "flvrd": "flavored",
    "frd": "fried",
    "frz": "frozen",
    "frzn": "frozen",
    "gds": "goods",
    "grnd": "ground",
    "hbc": "health & beauty care",
    "hygn": "hygiene",
    "hygn.": "hygiene",
    "hygn.napkins": "hygiene napkins",
    "iws": "individually wrapped",
    "jce": "juice",
    "misc": "miscellaneous",
    "misc.": "miscellaneous",
    "mixs": "mixes",
    "mlk": "milk",
    "mlt": "multi",
    "mneral": "mineral",
    "mnrl": "mineral",
    "mx": "mix",
    "mxs": "mixes",
    "pickld": "pickled",
    "pk": "pack",
    "pkg": "packaged",
    "pkgd": "packaged",
    "pkld": "pickled",
    "plstc": "plastic",
    "pnch": "punch",
    "pnt": "peanut",
    "prem": "premium",
    "prep": "prepared",
    "preportnd": "preportioned",
    "prpck": "prepacked",
    "prepack": "prepacked",
    "pwdr": "powder",
    "pwdrs": "powders",
    "refig": "refrigerated",
    "refigerated": "refrigerated",
    "refrgratd": "refrigerated",
    "refrig": "refrigerated",
    "rts": "ready-to-serve",
    "sald": "salad",
    "saus": "sausage",
    "sft": "soft",
    "sherbts": "sherbets",
    "sgl": "single",
    "sngl": "single",
    "snks": "snacks",
    "sndwch": "sandwich",
    "specilaty": "specialty",
    "sply": "supply",
    "sprd": "spread",
    "srv": "serve",
    "ss": "single-serve",
    "stk": "stick",
    "sup": "super",
    "suppplies": "supplies",
    "sweetners": "sweeteners",
    "sw": "sweet",
    "tiss": "tissue",
    "trsh": "trash",
    "veg": "vegetable",
    "wate": "water",
    "whl": "whole",
    "whlsm": "wholesome",
    "wtr": "water",
}
_PHRASES = {
    "BEERALEMALT LIQUORS": "Beer, ale & malt liquors",
    "BEERS/ALES": "Beers & ales",
    "CHEF SHOPPE": "Chef shop",
    "DRUG GM": "Drug & general merchandise",
    "MEAT-PCKGD": "Packaged meat",
    "MEXICAN SAUCESSALSAPICANTEE": "Mexican sauces, salsa & picante",
    "PLSTC CTLRYTBLCLTHSTTHPKSST": "Plastic cutlery, tablecloths & toothpicks",
    "SEAFOOD-PCKGD": "Packaged seafood",
}
_CAPITALS = ("BBQ", "CD", "DVD", "DXM", "IQF", "NZ", "OJ", "TV")
_NAMES = (
    "Angus",
    "Australian",
    "Christmas",
    "Easter",
    "English",
    "French",
    "Halloween",
    "Hispanic",
)
_MORE_NAMES = ("Italian", "Mexican", "Oriental", "Swiss", "Valentine", "Vienna")
_KEEP = {word.lower(): word for word in (*_CAPITALS, *_NAMES, *_MORE_NAMES)}
_CUT_AT = 30  # the till's width: what is this long may end in half a word
_FRAGMENT = re.compile(r"[\s/&]+(?:[A-Z]{1,3}|INCL|EXCP|EXCE)$")
_WHOLE_ENDS = ("ALL", "OIL", "ICE", "TEA", "HAM", "MIX", "CAN", "BAG", "BOX", "NUT", "JAM", "RYE")
_DANGLING = re.compile(r"[\s/&:,-]+(?:AND|WITH|W|OR|OF|&)?$|\s+(?:AND|WITH|W/?|OR)$")


@lru_cache(maxsize=10_000)
def readable(text: str) -> str:
    """Return the till's text in sentence case, abbreviations spelt out where that is certain."""
    if text in _PHRASES:
        return _PHRASES[text]
    text = _without_stumps(text.strip())
    words = re.sub(r"\s*&\s*", " & ", text).lower().replace("w/", "with ")
    words = re.sub(r"\s*:\s*", ": ", words)
    words = re.sub(r"(?<=\w)\(", " (", words)
    parts = re.split(r"([\s/,:()-]+)", words)
    spelt = "".join(_KEEP.get(part, _WORDS.get(part, part)) for part in parts)
    spelt = re.sub(r"\s+", " ", spelt).strip()
    return spelt[:1].upper() + spelt[1:]


def readable_size(size: str) -> str:
    """Return `6 OZ` as `6 oz`, `.81 OZ` as `0.81 oz`, `2 L` as it is."""
    small = " ".join(size.split()).lower()
    small = re.sub(r"(?<![\d.])\.(?=\d)", "0.", small)
    return re.sub(r"(?<=\d) l$", " L", small)


def _without_stumps(text: str) -> str:
    text = re.sub(r"\(BULK&BAG?\)?|\(BULK/PKG\)", "", text)
    was_cut = len(text) >= _CUT_AT
    if text.count("(") > text.count(")"):
        text = text[: text.rindex("(")]
    elif was_cut and not text.endswith(_WHOLE_ENDS):
        text = _FRAGMENT.sub("", text)
    return _DANGLING.sub("", text.strip()) or text
