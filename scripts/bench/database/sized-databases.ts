import type { Cluster } from '#backup/scratch-cluster';
import { connect } from '#postgres/connection';

/** What the rows of a database look like. */
export type Texture = 'compressible' | 'repetitive' | 'random';

const rowsAtOnce = 200_000;

const words =
  'account active address after again agent album answer archive article basket before better billing board bottle branch bridge browser button calendar camera cancel carbon change channel checkout circle city client cloud coffee color column comment company contact content corner country coupon course credit customer daily danger data debit default delivery design detail device dinner discount doctor document dollar domain double download draft drawer early editor eleven email empty engine error evening event every example export failed family feature field filter final finance finger flight floor folder follow forest form forward friend future garden general global gold green group guest handle happy header health height history holiday hotel image import inbox income index invoice island item january jacket journey kitchen label language large launch leader letter level library light limit linen list local logo lower lunch machine mail manager margin market member memory message metal method middle minute mobile model money monday month morning mother mountain music narrow nature network never night notice number object office online option orange order other owner package page paint panel paper parent party password payment people person phone photo picture piece plan plate player pocket point policy popular position postal power present price print privacy problem product profile project public purple quality quantity quarter question quick radio random rating reader ready reason receipt record refund region release remote report request reset result return review reward river room route sales sample saturday schedule school screen search season second secret section secure select seller sender series server session settings shadow share shelf shipping shirt short signal silver simple single sketch small social sorry source special spring square staff standard start state status stock stone store street string student style subject success sugar summer sunday supplier support surface survey switch system table tablet target team template text theme ticket timer title today token tomorrow total tracking trade traffic training travel trial twelve twenty type under unit until update upload upper user value vendor version video view village visit visitor voucher wallet warning water weather wednesday week weight welcome white window winter without wood work world writer yellow yesterday zone'.split(
    ' ',
  );

/** An even draw from the words, another one for each place of each row. */
const word = (place: number) => `w[1 + mod(hashint8extended(g::bigint, ${place}) & 1048575, ${words.length})]`;

/**
 * `compressible`: what users write, with keys, an address and an agent around it, which gzip makes about five times smaller, as it does with the dump of a usual application.
 * `repetitive`: lines of an event log that hardly differ, a fourteenth of its size under gzip. `random`: bytes as base64.
 */
const textOf: Record<Texture, string> = {
  compressible: `'{"session":' || mod(g::bigint * 104729, 1000003) || ',"locale":"en-US","status":"active","address":"10.' || mod(hashint8(g) & 255, 256) || '.' || mod(hashint8(g + 1) & 255, 256) || '","agent":"'
      || (ARRAY['Mozilla/5.0 (X11; Linux x86_64) Chrome/131.0','Mozilla/5.0 (iPhone; CPU iPhone OS 18_1) Safari/604.1','okhttp/4.12.0'])[1 + mod(hashint8(g) & 1023, 3)]
      || '","text":"' || ${Array.from({ length: 10 }, (_, place) => word(place)).join(" || ' ' || ")} || '"}'`,
  repetitive: `'{"event":"' || (ARRAY['page_view','sign_in','purchase','search'])[1 + g % 4] || '","path":"/products/' || (g::bigint * 7919) % 5000
      || '/reviews","agent":"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36","session":'
      || (g::bigint * 104729) % 1000003 || ',"locale":"en-US","ok":true}'`,
  random: `translate(encode(sha512((random() || ':' || g)::bytea) || sha512((g || ':' || random())::bytea) || sha256(random()::text::bytea), 'base64'), E'\\n', '')`,
};

/** A database of about `megabytes` on disk in four tables, with their primary keys; its URL. */
export async function createSizedDatabase(cluster: Cluster, texture: Texture, megabytes: number): Promise<string> {
  const name = `${texture}_${megabytes}`;
  const admin = await connect(cluster.url, { applicationName: 'bench' });
  await admin.query(`CREATE DATABASE ${name}`).finally(() => admin.close());
  const url = new URL(cluster.url);
  url.pathname = `/${name}`;
  const connection = await connect(url.href, { applicationName: 'bench' });
  try {
    const tables = ['events_a', 'events_b', 'events_c', 'events_d'];
    for (const table of tables) {
      await connection.query(
        `CREATE TABLE ${table} (id bigint PRIMARY KEY, at timestamptz NOT NULL, account int NOT NULL, body text NOT NULL)`,
      );
    }
    for (let turn = 0; ; turn++) {
      const [size] = await connection.query<{ mb: number }>(
        'SELECT (pg_database_size(current_database()) / 1000000)::int AS mb',
      );
      const left = megabytes - (size?.mb ?? 0);
      if (left <= 0) break;
      const rows = Math.min(rowsAtOnce, left * 3_000);
      const from = turn * rowsAtOnce;
      await connection.query(
        `INSERT INTO ${tables[turn % tables.length]} SELECT g, timestamptz '2026-01-01' + g * interval '1 second', g % 10007, ${textOf[texture]}
           FROM generate_series(${from + 1}, ${from + rows}) AS g, (SELECT ARRAY[${words.map((one) => `'${one}'`)}] AS w) AS words`,
      );
    }
    await connection.query('VACUUM ANALYZE');
    await connection.query('CHECKPOINT');
    return url.href;
  } finally {
    await connection.close();
  }
}
