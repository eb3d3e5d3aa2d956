"""Medicines as patients write them: the country, the kind that the answer must follow, and the names.

Written from the boxes and from how people misspell them, not from ``messages/triage/medicines.toml``.
"""

ROWS = {
    ("US", "nsaid"): (
        "Advil", "advil liqui-gels", "Advill", "Motrin", "motrin IB", "ibuprofen", "ibuprofin", "ibuprophen",
        "Ibuprofen 800", "ibuprofen 200 mg", "Aleve", "alleve", "naproxen", "naproxin", "naprosyn", "Anaprox",
        "Mobic", "meloxicam", "Celebrex", "celecoxib", "Toradol", "ketorolac", "Relafen", "Daypro", "Feldene",
        "Indocin", "diclofenac", "Cataflam", "etodolac", "sulindac",
    ),
    ("US", "aspirin"): (
        "aspirin", "asprin", "Bayer", "Ecotrin", "Bufferin", "Alka-Seltzer", "alka seltzer", "Pepto Bismol", "Doan's",
    ),
    ("US", "combination"): (
        "Excedrin", "excedrin migraine", "BC powder", "Goody's powder", "Advil PM", "Advil Dual Action",
        "Advil Cold & Sinus", "Vicoprofen", "Treximet", "Fiorinal",
    ),
    ("US", "paracetamol"): ("Tylenol", "tylonol", "tylenol extra strength", "acetaminophen", "acetominophen", "NyQuil"),
    ("US", "topical"): ("Voltaren gel", "Salonpas", "Aspercreme", "Bengay"),
    ("US", "ask"): (
        "Midol", "Percocet", "Tylenol with codeine", "tylenol 3", "tramadol", "Alka-Seltzer Plus", "Coricidin",
    ),
    ("US", "thinner"): (
        "baby aspirin", "aspirin 81", "low dose aspirin", "Coumadin", "warfarin", "Eliquis", "Xarelto", "Plavix",
        "Brilinta", "Lovenox", "Pradaxa",
    ),
    ("GB", "nsaid"): (
        "Nurofen", "neurofen", "nurofen express", "Brufen", "Cuprofen", "Anadin Ultra", "Calprofen", "Feminax Ultra",
        "Ponstan", "mefenamic acid", "Voltarol", "Arcoxia", "ibuprofen", "iboprofen", "naproxen", "Diclofenac 50mg",
    ),
    ("GB", "aspirin"): ("Disprin", "Aspro Clear", "aspirin"),
    ("GB", "combination"): (
        "Nurofen Plus", "nurofen plus", "Nuromol", "Anadin", "Anadin Extra", "Nurofen Cold & Flu", "Beechams Powders",
        "Codis",
    ),
    ("GB", "paracetamol"): (
        "paracetamol", "paracetemol", "parcetamol", "Panadol", "Panadol Extra", "Calpol", "Lemsip", "Hedex",
        "Anadin Paracetamol", "Disprol",
    ),
    ("GB", "topical"): ("voltarol gel", "Voltarol Emulgel", "ibuprofen gel", "Ibuleve", "nurofen gel", "Movelat"),
    ("GB", "ask"): (
        "co-codamol", "cocodamol", "Solpadeine", "Migraleve", "paracetamol and codeine", "codeine", "Beechams",
    ),
    ("GB", "thinner"): ("Nu-Seals", "aspirin 75", "Micropirin", "warfarin", "clopidogrel", "apixaban", "rivaroxaban"),
    ("ES", "nsaid"): (
        "ibuprofeno", "Espidifen", "espidifén", "Neobrufen", "Dalsy", "Enantyum", "enantium", "dexketoprofeno",
        "Algidrin", "Antalgin", "Airtal", "Dolotren", "naproxeno", "Voltaren", "Feldene", "Junifen",
    ),
    ("ES", "aspirin"): ("aspirina", "Aspirina 500", "Inyesprin"),
    ("ES", "combination"): ("Cafiaspirina", "Okal", "Actron Compuesto"),
    ("ES", "paracetamol"): (
        "Gelocatil", "Termalgin", "Apiretal", "Efferalgan", "Dolocatil", "Frenadol", "paracetamol 1 g",
    ),
    ("ES", "topical"): ("Voltadol", "voltaren emulgel", "gel de ibuprofeno", "Fastum", "Calmatel"),
    ("ES", "ask"): (
        "Nolotil", "metamizol", "Termalgin codeína", "Zaldiar", "Couldina", "Optalidon", "paracetamol con codeína",
    ),
    ("ES", "thinner"): ("Adiro", "Adiro 100", "Sintrom", "Tromalyt", "Disgren", "heparina", "Hibor"),
    ("MX", "nsaid"): (
        "Flanax", "Advil", "Motrin", "Actron", "Supradol", "Dolac", "ketorolaco", "nimesulida", "diclofenaco",
    ),
    ("MX", "combination"): ("Febrax", "Dolo-Neurobión", "Dolotandax", "Actron Plus", "Cafiaspirina"),
    ("MX", "paracetamol"): ("Tempra", "Tylenol", "acetaminofén"),
    ("MX", "ask"): ("Neo-Melubrina", "Tabcin", "Mejoral", "Saridon", "Desenfriol"),
    ("MX", "thinner"): ("Cardioaspirina", "Aspirina Protect", "acenocumarol"),
    ("AR", "nsaid"): ("Ibupirac", "Actron"),
    ("AR", "aspirin"): ("Bayaspirina",),
    ("AR", "paracetamol"): ("Tafirol",),
    ("CL", "paracetamol"): ("Kitadol",),
    ("CO", "paracetamol"): ("Dolex", "Winadol"),
    ("PE", "nsaid"): ("Apronax",),
    ("FR", "nsaid"): (
        "ibuprofène", "ibuprofene", "Advil", "Nurofen", "Nurofenflash", "Spedifen", "Ibupradoll", "Nureflex",
        "Antarène", "kétoprofène", "Profénid", "Bi-Profénid", "Apranax", "Voltarène", "Cebutid", "Antadys", "Surgam",
        "Nifluril", "Ponstyl", "Celebrex",
    ),
    ("FR", "aspirin"): ("aspirine", "Aspirine UPSA", "Aspégic", "aspegic 1000", "Aspro"),
    ("FR", "combination"): ("Rhinadvil", "Rhinureflex", "Céphyl"),
    ("FR", "paracetamol"): (
        "Doliprane", "doliprame", "Doliprane 1000", "Efferalgan", "efferalgan", "Dafalgan", "Fervex",
    ),
    ("FR", "topical"): ("Ketum", "Kétum gel", "Voltarène Emulgel", "Flector", "Niflugel", "gel de kétoprofène"),
    ("FR", "ask"): (
        "efferalgan codeine", "Efferalgan codéine", "Codoliprane", "Klipal", "Lamaline", "Ixprim", "Tramadol",
    ),
    ("FR", "thinner"): ("kardegic", "Kardégic 75", "cardegic", "Resitune", "Préviscan", "Plavix", "Eliquis", "Lovenox"),
    ("VN", "nsaid"): (
        "ibuprofen", "Gofen", "Gofen 400", "Hagifen", "Mobic", "meloxicam", "Felden", "Voltaren", "Idarac", "Arcoxia",
    ),
    ("VN", "aspirin"): ("aspirin", "Aspirin pH8", "Aspegic"),
    ("VN", "combination"): ("Alaxan",),
    ("VN", "paracetamol"): (
        "Panadol", "Panadol Extra", "Hapacol", "Efferalgan", "Tatanol", "Tydol", "Decolgen", "paracetamol",
    ),
    ("VN", "topical"): ("Salonpas", "Voltaren Emulgel"),
    ("VN", "ask"): ("Efferalgan Codein", "Tydol Codeine", "tramadol"),
    ("VN", "thinner"): ("Aspirin 81", "Aspilets", "DuoPlavin", "Plavix", "Sintrom", "Xarelto"),
    ("IN", "nsaid"): ("Brufen", "Voveran", "Zerodol", "Meftal", "Nise", "Ketorol", "Etoshine", "Nicip", "Ibugesic"),
    ("IN", "aspirin"): ("Disprin",),
    ("IN", "combination"): (
        "Combiflam", "combiflame", "Ibugesic Plus", "Flexon", "Zerodol-P", "Zerodol SP", "Meftal Spas", "Dynapar",
        "Naxdom",
    ),
    ("IN", "paracetamol"): ("Dolo 650", "dolo650", "Crocin", "Calpol", "Pacimol", "paracitamol"),
    ("IN", "topical"): ("Volini", "Moov"),
    ("IN", "ask"): ("Saridon", "Ultracet"),
    ("IN", "thinner"): ("Ecosprin", "Ecosprin 75", "Ecosprin AV", "Clopilet", "Deplatt", "Acitrom", "Delisprin"),
}  # fmt: skip

# Words of ordinary texts that look like a product or hold its letters.
OTHERS = {
    "en": (
        "advise", "advice", "advisable", "leave", "relieve", "sleeve", "moment", "iodine", "parasol", "flexion",
        "reaction", "metal", "mental", "petal", "ultra", "ultrasound", "goods", "buffering", "aspiring", "aspire",
        "motoring", "celebrate", "discover", "calm", "cold cream", "extra", "powder", "deep heat", "icy", "unsaid",
        "falcon", "mobile", "diploma",
    ),
    "es": (
        "celebro", "celebra", "célebre", "cambia", "mejora", "mejoran", "aspira", "aspiran", "añadir", "añaden",
        "lector", "temprano", "para", "momento", "zumo", "sumo", "lo sumo", "trama", "frenado", "surgan", "reacción",
        "dolor", "adiós", "avilés",
    ),
    "fr": (
        "élève", "eleve", "élevé", "relève", "célèbre", "célébrer", "moment", "parasol", "pétale", "trempé",
        "lecteur", "réaction", "flexion", "métal", "ultra", "advenir", "avril", "mobile", "iode", "antidote",
    ),
    "vi": ("gội", "gối", "alo", "mô", "nước", "thuốc", "mặt", "dán", "kem", "sữa rửa mặt"),
}  # fmt: skip
