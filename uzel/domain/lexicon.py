"""Words that weigh more or less than others when two texts are compared. Data only, Russian and English together.

Every word stands in its lower-case form with ё written as е; ``text`` stems both these lists and what it reads.
"""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Say nothing about the topic.
STOP = _words(
    """
    и в во на с со к ко по о об от до за из у для при без над под через про не ни нет да но а или же ли бы то это
    этот эта эти этого этой этом тот та те того той том так как что чтобы когда где куда кто чем чего кому уже еще
    все всё весь вся всех всего мы вы я он она они оно мне меня мной нам нас вам вас его ее их им ему ей мой моя
    мое мои моей моего наш наша наше ваш ваша себя себе был была было были будет будут быть есть могу может можно
    нужно нужен нужна надо очень только тоже также если потом теперь сейчас сегодня вчера завтра утром вечером
    день дня добрый доброе доброго здравствуйте здравствуй привет коллеги уважаемые уважением пожалуйста спасибо
    благодарю заранее просьба прошу просим подскажите скажите напишите посмотрите проверьте сообщите который
    которая которые которого там тут здесь вот ну раз два несколько после перед между около опять снова прежнему
    пор сих равно лишь даже пока почему ответ тема отв вот сам самое самый
    re fwd fw the a an and or of to in on at by for from with without is are was were be been being am do does did
    doesn don t s it its this that these those i me my we us our you your he she they them his her their what when
    where who which how why there here have has had can could will would should may might must not no yes so as if
    then than but just only also please thanks thank hello hi dear hey regards best kind morning afternoon evening
    day today yesterday tomorrow still again yet since very all any some get got still now ve ll re m d up out
    into about after before
    """
)

# Every second contact has them, so a match proves little. The last English rows are the commonest words of 12,000
# real tickets (CC0) that name no thing.
GENERIC = _words(
    """
    работает работать заработать проблема проблемы ошибка ошибку помощь помогите помочь срочно вопрос заявка
    обращение запрос пишет писать письмо сообщение сделать сделайте открывается открыть запускается запустить
    грузится программа система компьютер рабочее место отдел сотрудник нужный новый другой пользователь человек
    время час минута неделя получается получить хочу дать дайте выдать предоставить прислать пришлите высылаю файл
    скриншот вложение вложении номер офис кабинет этаж попробовать пробовать проверить поставить почините починить
    сломан сломался пропал выдает решить решено ждать жду понедельник вторник среда четверг пятница суббота
    воскресенье январь февраль март апрель май июнь июль август сентябрь октябрь ноябрь декабрь руб штук шт каждый
    раз
    work working works problem issue error help urgent question request ticket message email open start system
    computer program user time hour minute week need want give send file screenshot attachment number office new
    other try check fix broken fail fails failed see look show says say ask keep keeps make thing monday tuesday
    wednesday thursday friday saturday sunday january february march april june july august september october
    november december room
    pm am receive engineer change add create inform information let assign administrator senior provide ext form name
    require required detail details date take find right advise link approve code client analyst lead assist item
    location guy guys possible import note test developer project fill high floor more colleague colleagues section
    person complete mandatory accept delete action consider additional process same call per id forward because
    member further available share part response under active cannot comment well back notify old view refer current
    perform submit list manage manager next owner done copy task remove type include much follow communicate two care
    return record status relate plan card head log allocate decline importance
    """
)

# Names of products and services, each row one idea; either language and any spelling counts as the first word.
PRODUCTS: tuple[tuple[str, ...], ...] = (
    ("1c", "1с", "одинэс"),
    ("vpn", "впн"),
    ("wifi", "вайфай", "вайфая", "вайфаю", "беспроводная", "wireless"),
    ("outlook", "аутлук"),
    ("excel", "эксель"),
    ("jira", "джира"),
    ("sap", "сап"),
    ("crm", "срм"),
    ("teams", "тимс"),
    ("zoom", "зум"),
    ("telegram", "телеграм", "телега"),
    ("windows", "винда", "виндовс"),
    ("rdp", "рдп"),
    ("erp",),
    ("bi",),
    ("egais", "егаис"),
    ("utm", "утм"),
    ("sed", "сэд", "документооборот"),
    ("zup", "зуп"),
    ("autocad", "автокад"),
    ("photoshop", "фотошоп"),
    ("консультантплюс", "консультант"),
)

# Everyday ideas of a service desk that people name in several ways or in two languages.
SYNONYMS: tuple[tuple[str, ...], ...] = (
    ("принтер", "printer", "мфу", "печатает", "печать", "печатать", "напечатать", "print", "printing"),
    ("почта", "mail", "email", "mailbox", "почтовый", "ящик"),
    ("пароль", "password", "parol"),
    ("интернет", "internet", "сеть", "сетевой", "network"),
    ("ноутбук", "laptop", "notebook", "ноут"),
    ("телефон", "phone", "айфон", "iphone", "смартфон", "трубка"),
    ("доступ", "access", "permission"),
    ("счет", "invoice"),
    ("заказ", "order"),
    ("доставка", "delivery"),
    ("возврат", "refund"),
    ("сканер", "scanner", "скан", "сканы", "сканирует", "scan"),
    ("монитор", "monitor", "экран", "screen", "display"),
    ("мышь", "мышка", "mouse"),
    ("клавиатура", "keyboard"),
    ("гарнитура", "headset", "наушники", "headphones"),
    ("учетка", "аккаунт", "account", "учетная"),
    ("блокировка", "заблокирован", "заблокировать", "locked", "blocked"),
    ("сайт", "site", "website"),
    ("сервер", "server"),
    ("портал", "portal"),
    ("обновление", "обновить", "обновляется", "update"),
    ("отключается", "отваливается", "отвалился", "рвется", "пропадает", "disconnects", "drops"),
    ("отпуск", "vacation", "leave"),
    ("пропуск", "badge", "pass"),
    ("лицензия", "license", "licence"),
    ("платеж", "оплата", "платежный", "payment"),
    ("отчет", "report"),
    ("переговорная", "переговорка", "meeting"),
    ("перенос", "перенести", "перевод", "перевести", "переезд", "move"),
    ("зависает", "завис", "висит", "тормозит", "медленно", "slow", "hangs", "freezes"),
)
