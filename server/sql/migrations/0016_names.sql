-- Up Migration
-- A name as it is looked for: without case, accents and marks, its letters and digits in one spelling, one blank between its words. Marks of scripts in which
-- they are letters of their own (Devanagari, Thai, the voiced kana) stay. What lower() leaves where the database's locale is C is translated here.
-- No extension: unaccent is neither everywhere nor immutable. Read only where somebody looks for a name; nothing is stored.
create function onethread.fold_name(name text) returns text
  language sql immutable strict parallel safe
  return btrim(regexp_replace(replace(replace(replace(replace(replace(replace(translate(lower(regexp_replace(normalize(name, NFKD),
      '[\u0300-\u036F\u0483-\u0487\u0591-\u05BD\u05BF\u05C1\u05C2\u05C4\u05C5\u05C7\u0610-\u061A\u0640\u064B-\u065F\u0670\u06D6-\u06DC\u06DF-\u06E4\u06E7\u06E8\u06EA-\u06ED\u1AB0-\u1AFF\u1DC0-\u1DFF\u20D0-\u20FF\uFE00-\uFE0F\uFE20-\uFE2F\u00AD\u200B-\u200F\u202A-\u202E\u2060-\u2069\uFEFF]', '', 'g')),
    'ıøØłŁđĐðÐħĦŋŊſςىةۀکیΑΒΓΔΕΖΗΘΙΚΛΜΝΞΟΠΡΣΤΥΦΧΨΩАБВГДЕЖЗИЙКЛМНОПРСТУФХЦЧШЩЪЫЬЭЮЯ٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹',
    'ioollddddhhnnsσيههكيαβγδεζηθικλμνξοπρστυφχψωабвгдежзийклмнопрстуфхцчшщъыьэюя01234567890123456789'),
    'ß', 'ss'), 'ẞ', 'ss'), 'æ', 'ae'), 'Æ', 'ae'), 'œ', 'oe'), 'Œ', 'oe'),
    '[[:space:]\u00A0\u2010-\u2015\u2018\u2019''`´".,;:()/_-]+', ' ', 'g'));
