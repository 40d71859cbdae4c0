// Bodies of many languages, with queries that find them and queries that do not.

/** A body, and what is asked for it. */
export interface SearchRow {
  readonly language: string
  readonly body: string
  readonly found?: readonly string[]
  readonly missed?: readonly string[]
}

const row = (language: string, body: string, found: readonly string[], missed: readonly string[] = []): SearchRow => ({
  ...{ language, body, found, missed },
})

/** The same letters in another form of Unicode. */
const apart = (text: string) => text.normalize('NFD')

/** The table. Add the next case to it. */
export const searchRows: readonly SearchRow[] = [
  // punctuation
  row(
    'English',
    'She said “hello world” to me',
    ['hello', 'world', '"hello world"', '“hello world”'],
    ['"world hello"'],
  ),
  row('English', 'wait…what happened…', ['wait', 'what', 'happened', 'wait…what'], ['waitwhat']),
  row('English', '‘single’ and "double"', ['single', 'double', '‘single’', "'single'"]),
  row('English', 'one—two–three', ['one', 'two', 'three', 'one—two', 'two-three']),
  row('English', '(aside), [box]; {brace}!', ['aside', 'box', 'brace', '"aside box"']),
  row('English', '**bold** _slanted_ ~~struck~~ `code`', ['bold', 'slanted', 'struck', 'code']),
  row('English', 'left/right|up\\down', ['left', 'right', 'up', 'down', 'left/right']),
  // apostrophes, both ways
  row(
    'English',
    'don’t worry it’s fine',
    ["don't", 'don’t', "it's", 'it’s', 'dont', '"don\'t worry"', 'worry'],
    ['dunt'],
  ),
  row('English', "we can't, o'clock", ['can’t', 'can＇t', 'o’clock', 'oclock', 'clock']),
  row('English', 'don`t say “can´t”', ['don`t', "don't", 'can´t', 'don`t say'], ['dunt']),
  row('English', 'won`t, `code`', ['won`t', 'won’t', '`code`', 'code']),
  row('English', 'rock ’n’ roll by O‘Brien', ["o'brien", 'obrien', 'brien', 'roll']),
  // beginnings
  row(
    'English',
    'conference rooms',
    ['conf', 'conference', 'room', 'conference roo'],
    ['conf rooms', '"conference roo"', 'ooms'],
  ),
  row('English', 'unbelievable story', ['unbel', 'story unbeliev'], ['-unbelievable', 'believable']),
  // case and camel case
  row('English', 'camelCase here', ['camelcase', 'camelCase', 'camel', 'case', 'CAMELCASE'], ['amel']),
  row('English', 'an XMLHttpRequest object', ['xml', 'http', 'request', 'xmlhttprequest', 'XMLHttpReq']),
  row('English', 'on my iPhone, via GitHub', ['iphone', 'phone', 'github', 'hub', 'git']),
  row('English', 'snake_case_name', ['snake', 'case', 'name', 'snake_case', 'snake_case_name'], ['snakecase']),
  // links, paths and addresses
  row(
    'links',
    'see https://example.com/docs',
    ['https://example.com/docs', 'https://example.com/docs/', 'example', 'docs', 'example.com', 'http'],
    ['https://example.com/other', 'com.example'],
  ),
  row(
    'links',
    'https://github.com/org/repo/pull/42',
    ['github', 'repo', '42', 'https://github.com/org/repo/pull/42', 'org/repo', 'github.com/org'],
    ['repo/org'],
  ),
  row('links', 'https://x.org/a?b=1&c=%20d#part', ['https://x.org/a?b=1&c=%20d#part', 'x.org', 'part']),
  row('links', 'https://de.wikipedia.org/wiki/Zürich', ['https://de.wikipedia.org/wiki/Zürich', 'wikipedia', 'zurich']),
  row('links', 'write to ada.lovelace+notes@example.org', [
    'ada.lovelace+notes@example.org',
    'lovelace',
    'example.org',
  ]),
  row('links', 'edit /etc/nginx/nginx.conf', ['nginx', '/etc/nginx', 'nginx.conf', 'etc', 'conf']),
  row('links', 'C:\\Users\\Ada\\report.pdf', ['report', 'pdf', 'report.pdf', 'users\\ada']),
  row('links', 'sess.crate_types() fails', ['sess', 'crate', 'types', 'sess.crate_types()', 'crate_types']),
  row(
    'links',
    'git commit --amend --no-edit',
    ['git commit --amend', '--no-edit', '--amend --no-edit'],
    ['git -amend', '-"no edit"'],
  ),
  row('links', 'ping @grace and #general', ['@grace', 'grace', '#general', 'general']),
  // numbers
  row('numbers', 'v2.10.3-beta', ['v2.10.3', 'v2.10', '10', 'beta', 'v2.10.3-beta'], ['2.10.4', '3.10']),
  row('numbers', 'PROJ-123 done', ['123', 'PROJ-123', 'proj', 'proj123', 'PROJ-12'], ['proj-124']),
  row('numbers', 'call 555-0199', ['0199', '555-0199', '5550199', '555'], ['0198']),
  row('numbers', 'on 2026-01-31 at 14:05', ['31', '2026-01-31', '2026', '01-31', '14:05', '20260131'], ['32']),
  row('numbers', '+62 812-3456-7890', ['812', '7890', '3456-7890', '+62 812-3456-7890']),
  row('numbers', '100% of $9.99, 1,000 items', ['100', '100%', '9.99', '$9.99', '1,000']),
  row('numbers', 'an e-mail about a well-known co-op', [
    'email',
    'e-mail',
    'known',
    'well-known',
    'coop',
    '"well known"',
  ]),
  row('numbers', 'your email', ['e-mail', 'email']),
  // emoji
  row('emoji', 'Thanks🎉 see you', ['thanks', '🎉', 'thanks🎉', 'see'], ['🦄']),
  row('emoji', '🎉great work', ['great', '🎉', 'great 🎉'], ['🎊']),
  row('emoji', '🦄🦄', ['🦄', '🦄🦄'], ['🦄🦄🦄']),
  row('emoji', 'ok 👍🏽', ['👍', '👍🏿', '👍🏽']),
  row('emoji', 'love ❤️ this', ['❤', '❤️']),
  row('emoji', 'the 👨‍👩‍👧 from 🇮🇩', ['👨‍👩‍👧', '👧', '🇮🇩'], ['🇩🇪']),
  // invisible characters
  row('invisible', 'soft\u00adhyphen, zero\u200bwidth', [
    'softhyphen',
    'zerowidth',
    'soft\u00adhyphen',
    'zero\u2060width',
  ]),
  row('invisible', '\u200fmarks\u200e \ufeffaround', ['marks', 'around']),
  row('invisible', 'non\u00a0breaking\u2009spaces', ['non', 'breaking', 'spaces']),
  row('invisible', 'ﬁne oﬃce', ['fine', 'office']),
  row('invisible', 'Ｆｕｌｌ　ｗｉｄｔｈ １２３', ['full', 'width', '123', 'ｆｕｌｌ']),
  row('invisible', 'plain width', ['ｐｌａｉｎ', 'pla\u200bin']),
  row('invisible', 'Kabar™ and x²', ['kabar', 'x2']),
  // Latin scripts
  row('French', 'crème brûlée in the café', ['cafe', 'creme', 'brulee', 'café', 'CRÈME BRÛLÉE', apart('brûlée')]),
  row('French', apart('crème fraîche à la carte'), ['crème', 'fraiche', 'a la carte']),
  row('French', 'l’amour et l’œuvre', ['amour', "l'amour", 'oeuvre', 'œuvre', 'l’œuvre']),
  row('French', 'aujourd’hui, qu’est-ce que c’est', ["aujourd'hui", 'hui', "qu'est-ce", 'est']),
  row('Portuguese', 'São Paulo não dorme', ['sao', 'são', 'nao', 'sao paulo']),
  row('Spanish', '¿Dónde está el niño?', ['donde', 'esta', 'nino', 'niño', '"dónde está"']),
  row('German', 'Müller grüßt aus der Straße', [
    'muller',
    'müller',
    'gruesst or grusst',
    'strasse',
    'STRASSE',
    'straße',
  ]),
  row('German', 'Donaudampfschifffahrt', ['donaudampf'], ['schifffahrt']),
  row('Danish', 'Rødgrød med fløde på Ærø', ['rodgrod', 'rødgrød', 'flode', 'aero', 'pa']),
  row('Swedish', 'Ångström i Malmö', ['angstrom', 'malmo', 'ångström']),
  row('Icelandic', 'Þórður býr á Ísafirði', ['thordur', 'þórður', 'isafirdi']),
  row('Polish', 'Łódź, żółć i gęś', ['lodz', 'łódź', 'zolc', 'ges']),
  row('Czech', 'Příliš žluťoučký kůň', ['prilis', 'zlutoucky', 'kun', 'kůň']),
  row('Croatian', 'Đakovo i Čakovec', ['dakovo', 'čakovec', 'cakovec']),
  row('Hungarian', 'árvíztűrő tükörfúrógép', ['arvizturo', 'tukor', 'tükörfúrógép']),
  row('Romanian', 'Știință și Țară', ['stiinta', 'tara', 'şi', 'și']),
  row('Turkish', 'İstanbul’da ılık ışık', ['istanbul', 'ISTANBUL', 'ilik', 'ışık', 'isik', 'İstanbul’da']),
  row('Turkish', 'DIŞARI iğne', ['disari', 'dışarı', 'IĞNE', 'igne']),
  row('Vietnamese', 'Đà Nẵng, Việt Nam', ['da nang', 'đà nẵng', 'viet nam', 'Việt', apart('Nẵng')]),
  row('Catalan', 'la col·lecció d’art', ['collecció', 'col·leccio', 'art', 'coŀleccio']),
  row('Indonesian', 'Apa kabar? Baik-baik saja', ['kabar', 'baik', 'baik-baik', '"apa kabar"']),
  row('Hawaiian', 'Hawaiʻi nō ka ʻoi', ['hawaii', "hawai'i", 'oi', 'no']),
  // other scripts with case
  row('Greek', 'Καλημέρα, Οδυσσεύς', ['καλημερα', 'ΚΑΛΗΜΕΡΑ', 'οδυσσευς', 'ΟΔΥΣΣΕΥΣ', 'Καλημέρα']),
  row('Russian', 'Ёлка и мой ёжик', ['елка', 'ёлка', 'ежик', 'МОЙ', apart('мой')], ['мои']),
  row('Ukrainian', 'п’ять їжаків', ["п'ять", 'пять', 'їжаків', 'пʼять'], ['іжаків']),
  row('Bulgarian', 'Добър ден, София', ['добър', 'СОФИЯ', 'соф']),
  row('Armenian', 'Բարեւ աշխարհ', ['բարեւ', 'ԲԱՐԵՒ', 'աշխարհ', 'բարև']),
  row('Georgian', 'გამარჯობა მსოფლიო', ['გამარჯობა', 'მსოფ', 'ᲒᲐᲛᲐᲠᲯᲝᲑᲐ']),
  // scripts from right to left
  row('Arabic', 'مُحَمَّدٌ رَسُولٌ', ['محمد', 'رسول', 'مُحَمَّد']),
  row('Arabic', 'أهلاً وسهلاً يا أحمد', ['اهلا', 'أهلا', 'احمد', 'وسهلا']),
  row('Arabic', 'مدرســـة الكتابة', ['مدرسة', 'مدرسه', 'الكتابة']),
  row('Arabic', 'الساعة ٣٫٤٥ يوم ١٢', ['12', '١٢', '45']),
  row('Persian', 'می‌خواهم کتاب بخوانم', ['میخواهم', 'می‌خواهم', 'كتاب', 'کتاب', 'بخوانم']),
  row('Persian', 'سال ۱۴۰۵', ['1405', '۱۴۰۵', '١٤٠٥']),
  row('Urdu', 'کیا حال ہے', ['کیا', 'حال', 'ہے']),
  row('transcriptions', 'ʿAlī and Qurʾān', ['ali', "'ali", 'ʿAlī', 'quran', "qur'an", 'Qurʾān']),
  row('Hebrew', 'שָׁלוֹם עוֹלָם', ['שלום', 'עולם', 'שָׁלוֹם']),
  row('Hebrew', 'חייל בצה״ל', ['בצה״ל', 'בצה"ל', 'בצהל']),
  // scripts with vowel signs
  row('Hindi', 'हिन्दी में नमस्ते', ['हिन्दी', 'नमस्ते', 'नमस'], ['हनद', 'न्दी']),
  row('Hindi', 'दिन और दीन', ['दिन', 'दीन'], ['दुन']),
  row('Hindi', 'फ़ोन ०१२३', ['फोन', 'फ़ोन', '0123', '०१२३']),
  row('Bengali', 'আমার সোনার বাংলা', ['সোনার', 'বাংলা', 'আমার'], ['সনর']),
  row('Tamil', 'வணக்கம் தமிழ்', ['வணக்கம்', 'தமிழ்', 'தமி']),
  row('Telugu', 'నమస్కారం తెలుగు', ['నమస్కారం', 'తెలుగు']),
  row('Malayalam', 'മലയാളം നന്ദി', ['മലയാളം', 'നന്ദി']),
  row('Gujarati', 'કેમ છો', ['કેમ', 'છો']),
  row('Punjabi', 'ਸਤਿ ਸ੍ਰੀ ਅਕਾਲ', ['ਸਤਿ', 'ਅਕਾਲ']),
  row('Sinhala', 'ආයුබෝවන් ශ්‍රී ලංකා', ['ආයුබෝවන්', 'ශ්‍රී', 'ශ්රී', 'ලංකා']),
  row('Amharic', 'ሰላም፣ጤና ይስጥልኝ', ['ሰላም', 'ጤና', 'ይስጥልኝ']),
  row('Mongolian', 'Сайн байна уу', ['сайн', 'байна']),
  // scripts without spaces
  row(
    'Chinese',
    '今天天气很好。我们去公园',
    ['天气', '好', '今天', '公园', '今天天气很好', '去'],
    ['天天天', '气天', '好我们'],
  ),
  row('Chinese', 'Kabar 聊天服务器v2', ['kabar 聊天', '服务器 v2', '服务器v2', '"聊天服务器 v2"', '聊天'], ['聊服']),
  row('Chinese', '２０２６年１月', ['2026年1月', '2026', '年']),
  row('Japanese', 'お茶をください', ['茶', 'お茶', 'ください'], ['くさ']),
  row('Japanese', apart('がんばって、データベース'), ['がんば', 'データ', 'ﾃﾞｰﾀﾍﾞｰｽ', 'ベース'], ['かんは']),
  row('Japanese', 'ｺｰﾋｰｦｸﾀﾞｻｲ', ['コーヒー', 'ｸﾀﾞｻｲ', 'クダサイ']),
  row('Japanese', '東京 tower と京都', ['東京', '"東京 tower"', '東京tower', '京都', '東京 京都'], ['京東']),
  row('Japanese', '人々の働き', ['人々', '働']),
  row('Korean', '서울에서 김치를 먹었다', ['서울', '김치', '김치를', '먹었', '서울 김치', apart('서울')], ['울서']),
  row('Korean', apart('각본을 읽다'), ['각본', '읽다']),
  row('Thai', 'ขอชาเขียวหนึ่งถ้วย', ['เขียว', 'ชา', 'ชาเขียว', 'ถ้วย'], ['ขวาช']),
  row('Lao', 'ສະບາຍດີຕອນເຊົ້າ', ['ສະບາຍດີ', 'ຕອນ', 'ເຊົ້າ']),
  row('Khmer', 'សួស្តីពិភពលោក', ['សួស្តី', 'ពិភព', 'លោក']),
  row('Burmese', 'မင်္ဂလာပါကမ္ဘာ', ['မင်္ဂလာ', 'ကမ္ဘာ']),
  row('Tibetan', 'བཀྲ་ཤིས་བདེ་ལེགས', ['ཤིས', 'བཀྲ་ཤིས', 'བདེ']),
  row('Javanese', 'ꦱꦸꦒꦼꦁꦲꦺꦚ꧀ꦗꦁ', ['ꦒꦼꦁ', 'ꦱꦸ']),
]
