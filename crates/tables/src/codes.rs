//! Codes that a cell may hold: countries (ISO 3166-1 alpha-2) and currencies (ISO 4217), in alphabetical order, separated by spaces.

const COUNTRIES: &str = "AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ \
CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR GA GB GD GE GF GG GH \
GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB \
LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM \
PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG \
TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW";

/// Codes in use, and those that ended lately enough to stand in old accounts.
const CURRENCIES: &str = "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF \
CHE CHF CHW CLF CLP CNY COP COU CRC CUC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HRK \
HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU \
MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE \
SLL SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD USN UYI UYU UYW UZS VED VES VND VUV WST XAF XAG XAU XBA \
XBB XBC XBD XCD XCG XDR XOF XPD XPF XPT XSU XTS XUA XXX YER ZAR ZMW ZWG ZWL";

/// Signs and names by which people call a currency, and what they mean where only one is meant.
const CURRENCY_NAMES: &[(&str, &str)] = &[
    ("€", "EUR"),
    ("euro", "EUR"),
    ("euros", "EUR"),
    ("£", "GBP"),
    ("pound", "GBP"),
    ("us dollar", "USD"),
    ("us$", "USD"),
    ("dollar", "USD"),
    ("dollars", "USD"),
    ("$", "USD"),
    ("yen", "JPY"),
    ("zloty", "PLN"),
    ("franken", "CHF"),
    ("swiss franc", "CHF"),
];

/// Names by which people call a country.
const COUNTRY_NAMES: &[(&str, &str)] = &[
    ("germany", "DE"),
    ("deutschland", "DE"),
    ("france", "FR"),
    ("poland", "PL"),
    ("spain", "ES"),
    ("italy", "IT"),
    ("india", "IN"),
    ("austria", "AT"),
    ("switzerland", "CH"),
    ("netherlands", "NL"),
    ("united kingdom", "GB"),
    ("uk", "GB"),
    ("united states", "US"),
    ("usa", "US"),
    ("china", "CN"),
    ("japan", "JP"),
    ("canada", "CA"),
    ("brazil", "BR"),
    ("deu", "DE"),
    ("fra", "FR"),
    ("gbr", "GB"),
];

fn is_in(list: &str, code: &str) -> bool {
    !code.is_empty() && list.split(' ').any(|known| known == code)
}

/// Whether `code` is a country.
pub(crate) fn is_country(code: &str) -> bool {
    is_in(COUNTRIES, code)
}

/// Whether `code` is a currency.
pub(crate) fn is_currency(code: &str) -> bool {
    is_in(CURRENCIES, code)
}

fn meant(text: &str, list: &str, names: &[(&str, &'static str)]) -> Option<String> {
    let upper = text.to_uppercase();
    if is_in(list, &upper) {
        return Some(upper);
    }
    let lower = text.to_lowercase();
    names.iter().find(|(name, _)| *name == lower).map(|(_, code)| (*code).to_owned())
}

/// The country that is meant, where that is plain.
pub(crate) fn country_meant(text: &str) -> Option<String> {
    meant(text, COUNTRIES, COUNTRY_NAMES)
}

/// The currency that is meant, where that is plain.
pub(crate) fn currency_meant(text: &str) -> Option<String> {
    meant(text, CURRENCIES, CURRENCY_NAMES)
}
