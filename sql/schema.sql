--
-- PostgreSQL database dump
--

SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;

--
-- Name: hotline; Type: SCHEMA; Schema: -; Owner: hotline_owner
--

CREATE SCHEMA hotline;

ALTER SCHEMA hotline OWNER TO hotline_owner;

--
-- Name: SCHEMA hotline; Type: COMMENT; Schema: -; Owner: hotline_owner
--

COMMENT ON SCHEMA hotline IS 'The store of hotlined. Written by the daemon alone.';

--
-- Name: report; Type: SCHEMA; Schema: -; Owner: hotline_owner
--

CREATE SCHEMA report;

ALTER SCHEMA report OWNER TO hotline_owner;

--
-- Name: SCHEMA report; Type: COMMENT; Schema: -; Owner: hotline_owner
--

COMMENT ON SCHEMA report IS 'What a supervisor reads: views over schema hotline, columns commented with their formulas. 主管可读的报表。';

--
-- Name: ms_between(timestamp with time zone, timestamp with time zone); Type: FUNCTION; Schema: hotline; Owner: hotline_owner
--

CREATE FUNCTION hotline.ms_between(from_at timestamp with time zone, until_at timestamp with time zone) RETURNS bigint
    LANGUAGE sql IMMUTABLE
    RETURN (GREATEST((0)::numeric, round((EXTRACT(epoch FROM (until_at - from_at)) * (1000)::numeric))))::bigint;

ALTER FUNCTION hotline.ms_between(from_at timestamp with time zone, until_at timestamp with time zone) OWNER TO hotline_owner;

--
-- Name: FUNCTION ms_between(from_at timestamp with time zone, until_at timestamp with time zone); Type: COMMENT; Schema: hotline; Owner: hotline_owner
--

COMMENT ON FUNCTION hotline.ms_between(from_at timestamp with time zone, until_at timestamp with time zone) IS 'Milliseconds from one instant to another, never negative.';

SET default_tablespace = '';

SET default_table_access_method = heap;

--
-- Name: fact; Type: TABLE; Schema: hotline; Owner: hotline_owner
--

CREATE TABLE hotline.fact (
    epoch bigint NOT NULL,
    seq bigint NOT NULL,
    at timestamp with time zone NOT NULL,
    kind text NOT NULL,
    call_id text,
    body jsonb NOT NULL,
    CONSTRAINT fact_body_check CHECK ((jsonb_typeof(body) = 'object'::text)),
    CONSTRAINT fact_call_id_check CHECK ((length(call_id) = 13)),
    CONSTRAINT fact_epoch_check CHECK ((epoch > 0)),
    CONSTRAINT fact_seq_check CHECK ((seq > 0))
);

ALTER TABLE hotline.fact OWNER TO hotline_owner;

--
-- Name: TABLE fact; Type: COMMENT; Schema: hotline; Owner: hotline_owner
--

COMMENT ON TABLE hotline.fact IS 'What happened, in the past tense and in order: the source of all else here. epoch: random, one for each start of the daemon; seq: 1, 2, 3… within it. Kinds and fields: docs/facts.md. Append-only.';

--
-- Name: known_until(bigint); Type: FUNCTION; Schema: report; Owner: hotline_owner
--

CREATE FUNCTION report.known_until(epoch bigint) RETURNS timestamp with time zone
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog'
    RETURN CASE WHEN (EXISTS (SELECT FROM pg_stat_activity WHERE ((pg_stat_activity.datname = current_database()) AND (pg_stat_activity.usename = 'hotline_app'::name)))) THEN now() ELSE (SELECT f.at FROM hotline.fact f WHERE (f.epoch = known_until.epoch) ORDER BY f.seq DESC LIMIT 1) END;

ALTER FUNCTION report.known_until(epoch bigint) OWNER TO hotline_owner;

--
-- Name: FUNCTION known_until(epoch bigint); Type: COMMENT; Schema: report; Owner: hotline_owner
--

COMMENT ON FUNCTION report.known_until(epoch bigint) IS 'How long what the facts of an epoch left open is known to have gone on: until now while the daemon is connected, else until its last fact. 未结束的状态可确认到的时间。';

--
-- Name: ms_within(bigint, timestamp with time zone, timestamp with time zone, timestamp with time zone, timestamp with time zone); Type: FUNCTION; Schema: report; Owner: hotline_owner
--

CREATE FUNCTION report.ms_within(ms bigint, from_at timestamp with time zone, until_at timestamp with time zone, part_from timestamp with time zone, part_until timestamp with time zone) RETURNS bigint
    LANGUAGE sql IMMUTABLE
    RETURN (CASE WHEN (from_at = until_at) THEN (ms)::numeric ELSE (round((((ms)::numeric * EXTRACT(epoch FROM (LEAST(until_at, part_until) - from_at))) / EXTRACT(epoch FROM (until_at - from_at)))) - round((((ms)::numeric * EXTRACT(epoch FROM (GREATEST(from_at, part_from) - from_at))) / EXTRACT(epoch FROM (until_at - from_at))))) END)::bigint;

ALTER FUNCTION report.ms_within(ms bigint, from_at timestamp with time zone, until_at timestamp with time zone, part_from timestamp with time zone, part_until timestamp with time zone) OWNER TO hotline_owner;

--
-- Name: FUNCTION ms_within(ms bigint, from_at timestamp with time zone, until_at timestamp with time zone, part_from timestamp with time zone, part_until timestamp with time zone); Type: COMMENT; Schema: report; Owner: hotline_owner
--

COMMENT ON FUNCTION report.ms_within(ms bigint, from_at timestamp with time zone, until_at timestamp with time zone, part_from timestamp with time zone, part_until timestamp with time zone) IS 'The share of `ms`, spent evenly from from_at to until_at, that falls between part_from and part_until. The shares of adjoining parts add up to ms exactly. 把一段时长按日切分。';

--
-- Name: setting; Type: TABLE; Schema: hotline; Owner: hotline_owner
--

CREATE TABLE hotline.setting (
    name text NOT NULL,
    value text NOT NULL
);

ALTER TABLE hotline.setting OWNER TO hotline_owner;

--
-- Name: TABLE setting; Type: COMMENT; Schema: hotline; Owner: hotline_owner
--

COMMENT ON TABLE hotline.setting IS 'What the reports must know of the site''s configuration: time_zone (IANA name). Written by the daemon when it connects.';

--
-- Name: zone(); Type: FUNCTION; Schema: report; Owner: hotline_owner
--

CREATE FUNCTION report.zone() RETURNS text
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog'
    RETURN COALESCE((SELECT setting.value FROM hotline.setting WHERE (setting.name = 'time_zone'::text)), 'UTC'::text);

ALTER FUNCTION report.zone() OWNER TO hotline_owner;

--
-- Name: FUNCTION zone(); Type: COMMENT; Schema: report; Owner: hotline_owner
--

COMMENT ON FUNCTION report.zone() IS 'The site''s time zone: days and hours of the reports begin in it. 站点时区。';

--
-- Name: agent_state; Type: TABLE; Schema: hotline; Owner: hotline_owner
--

CREATE TABLE hotline.agent_state (
    agent text NOT NULL,
    epoch bigint NOT NULL,
    seq bigint NOT NULL,
    state text NOT NULL,
    reason text NOT NULL,
    since timestamp with time zone NOT NULL,
    CONSTRAINT agent_state_state_check CHECK ((state = ANY (ARRAY['offline'::text, 'paused'::text, 'ready'::text, 'ringing'::text, 'talking'::text, 'wrap_up'::text, 'busy'::text])))
);

ALTER TABLE hotline.agent_state OWNER TO hotline_owner;

--
-- Name: TABLE agent_state; Type: COMMENT; Schema: hotline; Owner: hotline_owner
--

COMMENT ON TABLE hotline.agent_state IS 'The stretch that each agent is in. What another epoch finds here is closed at that epoch''s last fact.';

--
-- Name: agent_stretch; Type: TABLE; Schema: hotline; Owner: hotline_owner
--

CREATE TABLE hotline.agent_stretch (
    epoch bigint NOT NULL,
    seq bigint NOT NULL,
    agent text NOT NULL,
    state text NOT NULL,
    from_at timestamp with time zone NOT NULL,
    until_at timestamp with time zone NOT NULL,
    stretch_ms bigint NOT NULL,
    CONSTRAINT agent_stretch_state_check CHECK ((state = ANY (ARRAY['offline'::text, 'paused'::text, 'ready'::text, 'ringing'::text, 'talking'::text, 'wrap_up'::text, 'busy'::text]))),
    CONSTRAINT agent_stretch_stretch_ms_check CHECK ((stretch_ms >= 0))
);

ALTER TABLE hotline.agent_stretch OWNER TO hotline_owner;

--
-- Name: TABLE agent_stretch; Type: COMMENT; Schema: hotline; Owner: hotline_owner
--

COMMENT ON TABLE hotline.agent_stretch IS 'One agent in one state without a break, from the AgentChanged that ended it. Append-only.';

--
-- Name: call; Type: TABLE; Schema: hotline; Owner: hotline_owner
--

CREATE TABLE hotline.call (
    call_id text NOT NULL,
    epoch bigint NOT NULL,
    seq bigint NOT NULL,
    started_at timestamp with time zone NOT NULL,
    ended_at timestamp with time zone NOT NULL,
    direction text NOT NULL,
    caller text NOT NULL,
    called text NOT NULL,
    purpose text NOT NULL,
    queue text,
    agent text,
    ivr_ms bigint NOT NULL,
    wait_ms bigint NOT NULL,
    ring_ms bigint NOT NULL,
    talk_ms bigint NOT NULL,
    hold_ms bigint NOT NULL,
    outcome text NOT NULL,
    hangup_by text NOT NULL,
    affinity text NOT NULL,
    loss_in_pct double precision,
    jitter_in_ms double precision,
    cause text NOT NULL,
    CONSTRAINT call_affinity_check CHECK ((affinity = ANY (ARRAY['hit'::text, 'timeout'::text, 'unavailable'::text, 'none'::text]))),
    CONSTRAINT call_direction_check CHECK ((direction = ANY (ARRAY['in'::text, 'out'::text, 'internal'::text]))),
    CONSTRAINT call_hangup_by_check CHECK ((hangup_by = ANY (ARRAY['caller'::text, 'agent'::text, 'called'::text, 'system'::text]))),
    CONSTRAINT call_hold_ms_check CHECK ((hold_ms >= 0)),
    CONSTRAINT call_ivr_ms_check CHECK ((ivr_ms >= 0)),
    CONSTRAINT call_outcome_check CHECK ((outcome = ANY (ARRAY['answered'::text, 'abandoned'::text, 'self_service'::text, 'overflow'::text, 'callback'::text, 'voice_message'::text, 'rejected'::text, 'failed'::text, 'lost_at_restart'::text]))),
    CONSTRAINT call_purpose_check CHECK ((purpose = ANY (ARRAY['hotline'::text, 'star_code'::text, 'colleague'::text, 'outside'::text, 'callback'::text, 'unknown'::text]))),
    CONSTRAINT call_ring_ms_check CHECK ((ring_ms >= 0)),
    CONSTRAINT call_talk_ms_check CHECK ((talk_ms >= 0)),
    CONSTRAINT call_wait_ms_check CHECK ((wait_ms >= 0))
);

ALTER TABLE hotline.call OWNER TO hotline_owner;

--
-- Name: TABLE call; Type: COMMENT; Schema: hotline; Owner: hotline_owner
--

COMMENT ON TABLE hotline.call IS 'One row for each call that is over, from CallEnded, or from what was known of it when the daemon died. Append-only.';

--
-- Name: open_call; Type: TABLE; Schema: hotline; Owner: hotline_owner
--

CREATE TABLE hotline.open_call (
    call_id text NOT NULL,
    epoch bigint NOT NULL,
    seq bigint NOT NULL,
    arrived_at timestamp with time zone NOT NULL,
    direction text NOT NULL,
    caller text NOT NULL,
    called text NOT NULL,
    purpose text NOT NULL
);

ALTER TABLE hotline.open_call OWNER TO hotline_owner;

--
-- Name: TABLE open_call; Type: COMMENT; Schema: hotline; Owner: hotline_owner
--

COMMENT ON TABLE hotline.open_call IS 'Calls that arrived and have not ended. What another epoch finds here is closed as lost_at_restart.';

--
-- Name: segment; Type: TABLE; Schema: hotline; Owner: hotline_owner
--

CREATE TABLE hotline.segment (
    epoch bigint NOT NULL,
    seq bigint NOT NULL,
    call_id text NOT NULL,
    queue text NOT NULL,
    agent text,
    offered_at timestamp with time zone NOT NULL,
    answered_at timestamp with time zone,
    ended_at timestamp with time zone NOT NULL,
    result text NOT NULL,
    ring_ms bigint NOT NULL,
    talk_ms bigint NOT NULL,
    hold_ms bigint NOT NULL,
    number text,
    trunk text,
    CONSTRAINT segment_hold_ms_check CHECK ((hold_ms >= 0)),
    CONSTRAINT segment_result_check CHECK ((result = ANY (ARRAY['answered'::text, 'missed'::text, 'rejected'::text, 'busy'::text, 'unreachable'::text, 'withdrawn'::text, 'elsewhere'::text, 'failed'::text]))),
    CONSTRAINT segment_ring_ms_check CHECK ((ring_ms >= 0)),
    CONSTRAINT segment_talk_ms_check CHECK ((talk_ms >= 0)),
    CONSTRAINT segment_whose CHECK (((agent IS NOT NULL) OR (number IS NOT NULL)))
);

ALTER TABLE hotline.segment OWNER TO hotline_owner;

--
-- Name: TABLE segment; Type: COMMENT; Schema: hotline; Owner: hotline_owner
--

COMMENT ON TABLE hotline.segment IS 'One agent''s part in a call, or that of a number outside (agent null: a menu had handed the caller on), from SegmentEnded; for a call lost at a restart from its Offered, as far as it was known. number, trunk: of the call to the outside. Append-only.';

--
-- Name: wrap_up; Type: TABLE; Schema: hotline; Owner: hotline_owner
--

CREATE TABLE hotline.wrap_up (
    epoch bigint NOT NULL,
    seq bigint NOT NULL,
    call_id text NOT NULL,
    queue text NOT NULL,
    agent text NOT NULL,
    ended_at timestamp with time zone NOT NULL,
    wrapup_ms bigint NOT NULL,
    how text NOT NULL,
    CONSTRAINT wrap_up_wrapup_ms_check CHECK ((wrapup_ms >= 0))
);

ALTER TABLE hotline.wrap_up OWNER TO hotline_owner;

--
-- Name: TABLE wrap_up; Type: COMMENT; Schema: hotline; Owner: hotline_owner
--

COMMENT ON TABLE hotline.wrap_up IS 'After-call work of one agent for one call, from WrapUpEnded; cut by the daemon''s death, from the AgentChanged that began it. Append-only.';

--
-- Name: agent_days(date, date); Type: FUNCTION; Schema: report; Owner: hotline_owner
--

CREATE FUNCTION report.agent_days(first date, last date) RETURNS TABLE(day date, agent text, calls_in bigint, calls_out bigint, missed bigint, ring_ms bigint, talk_ms bigint, hold_ms bigint, wrapup_ms bigint, ready_ms bigint, paused_ms bigint, logged_in_ms bigint, occupancy numeric)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog'
    BEGIN ATOMIC
 WITH span AS MATERIALIZED (
          SELECT z.zone,
             ((agent_days.first)::timestamp without time zone AT TIME ZONE z.zone) AS since,
             (((agent_days.last + 1))::timestamp without time zone AT TIME ZONE z.zone) AS until
            FROM ( SELECT report.zone() AS zone) z
         ), known AS MATERIALIZED (
          SELECT e.epoch,
             report.known_until(e.epoch) AS until_at
            FROM ( SELECT DISTINCT a.epoch
                    FROM hotline.agent_state a) e
         ), piece AS (
          SELECT s_1.agent,
             m.measure,
             m.amount,
             m.from_at,
             m.until_at
            FROM (((span
              JOIN hotline.segment s_1 ON (((s_1.ended_at >= span.since) AND (s_1.offered_at < span.until))))
              CROSS JOIN LATERAL ( SELECT ((s_1.queue = ''::text) AND (EXISTS ( SELECT
                            FROM hotline.call c
                           WHERE ((c.call_id = s_1.call_id) AND (c.direction = 'out'::text))
                         UNION ALL
                          SELECT
                            FROM hotline.open_call o
                           WHERE ((o.call_id = s_1.call_id) AND (o.direction = 'out'::text))))) AS placed) own)
              CROSS JOIN LATERAL ( VALUES ('ring'::text,
                         CASE
                             WHEN own.placed THEN (0)::bigint
                             ELSE s_1.ring_ms
                         END,s_1.offered_at,COALESCE(s_1.answered_at, s_1.ended_at)), ('talk'::text,s_1.talk_ms,s_1.answered_at,s_1.ended_at), ('hold'::text,s_1.hold_ms,s_1.answered_at,s_1.ended_at), ('calls_in'::text,((NOT own.placed))::integer,s_1.answered_at,s_1.answered_at), ('missed'::text,((s_1.result = ANY (ARRAY['missed'::text, 'rejected'::text, 'busy'::text, 'unreachable'::text])))::integer,s_1.offered_at,s_1.offered_at)) m(measure, amount, from_at, until_at))
           WHERE ((m.amount > 0) AND (m.from_at IS NOT NULL) AND (s_1.agent IS NOT NULL))
         UNION ALL
          SELECT w.agent,
             'wrapup'::text,
             w.wrapup_ms,
             (w.ended_at - ((w.wrapup_ms)::double precision * '00:00:00.001'::interval)),
             w.ended_at
            FROM (span
              JOIN hotline.wrap_up w ON (((w.ended_at >= span.since) AND ((w.ended_at - ((w.wrapup_ms)::double precision * '00:00:00.001'::interval)) < span.until))))
         UNION ALL
          SELECT t.agent,
             m.measure,
             t.stretch_ms,
             t.from_at,
             t.until_at
            FROM ((span
              JOIN hotline.agent_stretch t ON (((t.until_at >= span.since) AND (t.from_at < span.until))))
              CROSS JOIN LATERAL ( VALUES ('logged_in'::text,(t.state <> 'offline'::text)), ('ready'::text,(t.state = 'ready'::text)), ('paused'::text,(t.state = 'paused'::text))) m(measure, counts))
           WHERE m.counts
         UNION ALL
          SELECT a.agent,
             m.measure,
             hotline.ms_between(a.since, u.until_at) AS ms_between,
             a.since,
             u.until_at
            FROM ((((span
              JOIN hotline.agent_state a ON (((a.since < span.until) AND (a.state <> 'offline'::text))))
              JOIN known k USING (epoch))
              CROSS JOIN LATERAL ( SELECT GREATEST(a.since, k.until_at) AS until_at) u)
              CROSS JOIN LATERAL ( VALUES ('logged_in'::text), (
                         CASE a.state
                             WHEN 'ringing'::text THEN 'ring'::text
                             WHEN 'talking'::text THEN 'talk'::text
                             WHEN 'wrap_up'::text THEN 'wrapup'::text
                             ELSE a.state
                         END)) m(measure))
           WHERE (u.until_at >= span.since)
         UNION ALL
          SELECT
                 CASE c.direction
                     WHEN 'internal'::text THEN c.caller
                     ELSE c.agent
                 END AS agent,
             'calls_out'::text,
             1,
             c.started_at,
             c.started_at
            FROM (span
              JOIN hotline.call c ON (((c.started_at >= span.since) AND (c.started_at < span.until))))
           WHERE (((c.direction = 'out'::text) AND (c.purpose <> 'callback'::text) AND (c.agent IS NOT NULL)) OR ((c.direction = 'internal'::text) AND (c.purpose <> 'star_code'::text)))
         ), part AS (
          SELECT p.agent,
             d.day,
             p.measure,
             report.ms_within(p.amount, p.from_at, p.until_at, ((d.day)::timestamp without time zone AT TIME ZONE span.zone), (((d.day + 1))::timestamp without time zone AT TIME ZONE span.zone)) AS amount
            FROM ((span
              CROSS JOIN ( SELECT q.agent,
                     q.measure,
                     q.amount,
                     q.from_at,
                     q.until_at,
                     ((q.from_at AT TIME ZONE z.zone))::date AS first_day,
                     ((q.until_at AT TIME ZONE z.zone))::date AS last_day
                    FROM (piece q
                      CROSS JOIN span z)) p)
              CROSS JOIN LATERAL ( SELECT (p.first_day + n.n) AS day
                    FROM generate_series(0, (p.last_day - p.first_day)) n(n)) d)
           WHERE (((d.day >= agent_days.first) AND (d.day <= agent_days.last)) AND ((((d.day)::timestamp without time zone AT TIME ZONE span.zone) < p.until_at) OR (p.from_at = p.until_at)))
         ), sums AS (
          SELECT p.day,
             p.agent,
             (COALESCE(sum(p.amount) FILTER (WHERE (p.measure = 'calls_in'::text)), (0)::numeric))::bigint AS calls_in,
             (COALESCE(sum(p.amount) FILTER (WHERE (p.measure = 'calls_out'::text)), (0)::numeric))::bigint AS calls_out,
             (COALESCE(sum(p.amount) FILTER (WHERE (p.measure = 'missed'::text)), (0)::numeric))::bigint AS missed,
             (COALESCE(sum(p.amount) FILTER (WHERE (p.measure = 'ring'::text)), (0)::numeric))::bigint AS ring_ms,
             (COALESCE(sum(p.amount) FILTER (WHERE (p.measure = 'talk'::text)), (0)::numeric))::bigint AS talk_ms,
             (COALESCE(sum(p.amount) FILTER (WHERE (p.measure = 'hold'::text)), (0)::numeric))::bigint AS hold_ms,
             (COALESCE(sum(p.amount) FILTER (WHERE (p.measure = 'wrapup'::text)), (0)::numeric))::bigint AS wrapup_ms,
             (COALESCE(sum(p.amount) FILTER (WHERE (p.measure = 'ready'::text)), (0)::numeric))::bigint AS ready_ms,
             (COALESCE(sum(p.amount) FILTER (WHERE (p.measure = 'paused'::text)), (0)::numeric))::bigint AS paused_ms,
             (COALESCE(sum(p.amount) FILTER (WHERE (p.measure = 'logged_in'::text)), (0)::numeric))::bigint AS logged_in_ms
            FROM part p
           GROUP BY p.day, p.agent
         )
  SELECT s.day,
     s.agent,
     s.calls_in,
     s.calls_out,
     s.missed,
     s.ring_ms,
     s.talk_ms,
     s.hold_ms,
     s.wrapup_ms,
     s.ready_ms,
     s.paused_ms,
     s.logged_in_ms,
     round(((((s.talk_ms + s.hold_ms) + s.wrapup_ms))::numeric / (NULLIF((((s.talk_ms + s.hold_ms) + s.wrapup_ms) + s.ready_ms), 0))::numeric), 4) AS round
    FROM sums s;
END;

ALTER FUNCTION report.agent_days(first date, last date) OWNER TO hotline_owner;

--
-- Name: FUNCTION agent_days(first date, last date); Type: COMMENT; Schema: report; Owner: hotline_owner
--

COMMENT ON FUNCTION report.agent_days(first date, last date) IS 'report.agent_day for the days first to last. 按日期范围的坐席报表。';

--
-- Name: queue_visit; Type: TABLE; Schema: hotline; Owner: hotline_owner
--

CREATE TABLE hotline.queue_visit (
    epoch bigint NOT NULL,
    seq bigint NOT NULL,
    call_id text NOT NULL,
    queue text NOT NULL,
    entered_at timestamp with time zone NOT NULL,
    left_at timestamp with time zone NOT NULL,
    wait_ms bigint NOT NULL,
    result text NOT NULL,
    agent text,
    CONSTRAINT queue_visit_result_check CHECK ((result = ANY (ARRAY['answered'::text, 'abandoned'::text, 'overflow'::text, 'callback'::text, 'voice_message'::text, 'failed'::text]))),
    CONSTRAINT queue_visit_wait_ms_check CHECK ((wait_ms >= 0))
);

ALTER TABLE hotline.queue_visit OWNER TO hotline_owner;

--
-- Name: TABLE queue_visit; Type: COMMENT; Schema: hotline; Owner: hotline_owner
--

COMMENT ON TABLE hotline.queue_visit IS 'A call''s stay in one queue, from QueueLeft; for a call lost at a restart from its Enqueued, as far as it was known. Append-only.';

--
-- Name: queue_hours(timestamp with time zone, timestamp with time zone, bigint, bigint); Type: FUNCTION; Schema: report; Owner: hotline_owner
--

CREATE FUNCTION report.queue_hours(since timestamp with time zone, until timestamp with time zone, threshold_ms bigint DEFAULT 20000, short_abandon_ms bigint DEFAULT 5000) RETURNS TABLE(hour timestamp with time zone, queue text, offered bigint, answered bigint, abandoned bigint, short_abandoned bigint, service_level numeric, asa_ms bigint, aht_ms bigint, max_wait_ms bigint)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog'
    BEGIN ATOMIC
 WITH site AS MATERIALIZED (
          SELECT report.zone() AS zone
         ), visit AS (
          SELECT date_trunc('hour'::text, v_1.entered_at, site.zone) AS hour,
             v_1.queue,
             v_1.wait_ms,
             (v_1.result = 'answered'::text) AS answered,
             (v_1.result = 'abandoned'::text) AS abandoned,
             handled.ms AS handled_ms
            FROM ((site
              JOIN hotline.queue_visit v_1 ON (((v_1.entered_at >= queue_hours.since) AND (v_1.entered_at < queue_hours.until))))
              LEFT JOIN LATERAL ( SELECT ((s.talk_ms + s.hold_ms) + COALESCE(( SELECT w.wrapup_ms
                            FROM hotline.wrap_up w
                           WHERE ((w.call_id = s.call_id) AND (w.agent = s.agent) AND (w.queue = s.queue) AND (w.ended_at >= s.ended_at))
                           ORDER BY w.ended_at
                          LIMIT 1), (0)::bigint)) AS ms
                    FROM hotline.segment s
                   WHERE ((s.call_id = v_1.call_id) AND (s.queue = v_1.queue) AND (s.agent = v_1.agent) AND (s.answered_at >= v_1.entered_at))
                   ORDER BY s.answered_at
                  LIMIT 1) handled ON ((v_1.result = 'answered'::text)))
         )
  SELECT v.hour,
     v.queue,
     count(*) AS count,
     count(*) FILTER (WHERE v.answered) AS count,
     count(*) FILTER (WHERE v.abandoned) AS count,
     count(*) FILTER (WHERE (v.abandoned AND (v.wait_ms < queue_hours.short_abandon_ms))) AS count,
     round(((count(*) FILTER (WHERE (v.answered AND (v.wait_ms <= queue_hours.threshold_ms))))::numeric / (NULLIF(count(*) FILTER (WHERE (v.answered OR (v.abandoned AND (v.wait_ms >= queue_hours.short_abandon_ms)))), 0))::numeric), 4) AS round,
     (round(avg(v.wait_ms) FILTER (WHERE v.answered)))::bigint AS round,
     (round(avg(v.handled_ms) FILTER (WHERE v.answered)))::bigint AS round,
     max(v.wait_ms) AS max
    FROM visit v
   GROUP BY v.hour, v.queue;
END;

ALTER FUNCTION report.queue_hours(since timestamp with time zone, until timestamp with time zone, threshold_ms bigint, short_abandon_ms bigint) OWNER TO hotline_owner;

--
-- Name: FUNCTION queue_hours(since timestamp with time zone, until timestamp with time zone, threshold_ms bigint, short_abandon_ms bigint); Type: COMMENT; Schema: report; Owner: hotline_owner
--

COMMENT ON FUNCTION report.queue_hours(since timestamp with time zone, until timestamp with time zone, threshold_ms bigint, short_abandon_ms bigint) IS 'report.queue_hour for calls that entered a queue in [since, until), with another service level threshold and another limit of short abandons. 按时段、按自定阈值的队列报表。';

--
-- Name: service_level(timestamp with time zone, timestamp with time zone, bigint, bigint); Type: FUNCTION; Schema: report; Owner: hotline_owner
--

CREATE FUNCTION report.service_level(since timestamp with time zone, until timestamp with time zone, threshold_ms bigint DEFAULT 20000, short_abandon_ms bigint DEFAULT 5000) RETURNS TABLE(queue text, offered bigint, answered bigint, abandoned bigint, short_abandoned bigint, answered_within bigint, service_level numeric, service_level_of_answered numeric, service_level_of_offered numeric)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog'
    BEGIN ATOMIC
 WITH visit AS (
          SELECT v_1.queue,
             (v_1.result = 'answered'::text) AS answered,
             (v_1.result = 'abandoned'::text) AS abandoned,
             ((v_1.result = 'abandoned'::text) AND (v_1.wait_ms < service_level.short_abandon_ms)) AS short_abandoned,
             (v_1.wait_ms <= service_level.threshold_ms) AS within
            FROM hotline.queue_visit v_1
           WHERE ((v_1.entered_at >= service_level.since) AND (v_1.entered_at < service_level.until))
         )
  SELECT v.queue,
     count(*) AS count,
     count(*) FILTER (WHERE v.answered) AS count,
     count(*) FILTER (WHERE v.abandoned) AS count,
     count(*) FILTER (WHERE v.short_abandoned) AS count,
     count(*) FILTER (WHERE (v.answered AND v.within)) AS count,
     round(((count(*) FILTER (WHERE (v.answered AND v.within)))::numeric / (NULLIF(count(*) FILTER (WHERE (v.answered OR (v.abandoned AND (NOT v.short_abandoned)))), 0))::numeric), 4) AS round,
     round(((count(*) FILTER (WHERE (v.answered AND v.within)))::numeric / (NULLIF(count(*) FILTER (WHERE v.answered), 0))::numeric), 4) AS round,
     round(((count(*) FILTER (WHERE v.within))::numeric / (count(*))::numeric), 4) AS round
    FROM visit v
   GROUP BY v.queue
   ORDER BY v.queue;
END;

ALTER FUNCTION report.service_level(since timestamp with time zone, until timestamp with time zone, threshold_ms bigint, short_abandon_ms bigint) OWNER TO hotline_owner;

--
-- Name: FUNCTION service_level(since timestamp with time zone, until timestamp with time zone, threshold_ms bigint, short_abandon_ms bigint); Type: COMMENT; Schema: report; Owner: hotline_owner
--

COMMENT ON FUNCTION report.service_level(since timestamp with time zone, until timestamp with time zone, threshold_ms bigint, short_abandon_ms bigint) IS 'Service level of each queue for calls that entered it in [since, until), in three forms: service_level = answered within the threshold / (answered + abandoned - short abandons); service_level_of_answered = answered within / answered (as Asterisk counts); service_level_of_offered = left the queue within the threshold for any reason / offered (as Amazon Connect counts). 三种口径的服务水平。';

--
-- Name: timeline(text); Type: FUNCTION; Schema: report; Owner: hotline_owner
--

CREATE FUNCTION report.timeline(call text) RETURNS TABLE(at timestamp with time zone, what text)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog'
    BEGIN ATOMIC
 SELECT f.at,
         CASE f.kind
             WHEN 'CallArrived'::text THEN format('call from %s to %s (%s, by %s)'::text, (f.body ->> 'caller'::text), (f.body ->> 'called'::text), (f.body ->> 'direction'::text), (f.body ->> 'origin'::text))
             WHEN 'CallAccepted'::text THEN 'taken by the menu'::text
             WHEN 'MenuChosen'::text THEN format('menu %s: key %s = %s'::text, (f.body ->> 'menu'::text), (f.body ->> 'key'::text), (f.body ->> 'choice'::text))
             WHEN 'SelfServed'::text THEN format('is told: %s %s'::text, (f.body ->> 'what'::text), COALESCE((f.body ->> 'object_name'::text), (f.body ->> 'object_id'::text), ''::text))
             WHEN 'Applied'::text THEN format('asks to %s: %s %s'::text, (f.body ->> 'action'::text), (f.body ->> 'what'::text), COALESCE((f.body ->> 'object_name'::text), (f.body ->> 'object_id'::text), ''::text))
             WHEN 'SmsLeft'::text THEN format('a short message for %s'::text, (f.body ->> 'to'::text))
             WHEN 'LanguageSwitched'::text THEN format('chooses language %s'::text, (f.body ->> 'language'::text))
             WHEN 'Enqueued'::text THEN format('joins queue %s at position %s, priority %s%s%s'::text, (f.body ->> 'queue'::text), (f.body ->> 'position'::text), (f.body ->> 'priority'::text), ( SELECT (', wants '::text || string_agg(format('%s %s'::text, (s.value ->> 'skill'::text), (s.value ->> 'level'::text)), ', '::text ORDER BY s.ordinality))
                FROM jsonb_array_elements((f.body -> 'skills'::text)) WITH ORDINALITY s(value, ordinality)), (', asks for agent '::text || (f.body ->> 'agent'::text)))
             WHEN 'QueueRefused'::text THEN format('not taken by queue %s: %s'::text, (f.body ->> 'queue'::text),
             CASE (f.body ->> 'why'::text)
                 WHEN 'full'::text THEN 'it is full'::text
                 WHEN 'nobody_there'::text THEN 'nobody is there whom it needs'::text
                 WHEN 'queue_gone'::text THEN 'there is no such queue'::text
                 ELSE (f.body ->> 'why'::text)
             END)
             WHEN 'Offered'::text THEN format('offered to %s after %s ms by %s (affinity %s)%s; candidates: %s; skipped: %s%s'::text, (f.body ->> 'agent'::text), (f.body ->> 'wait_ms'::text), (f.body ->> 'reason'::text), (f.body ->> 'affinity'::text),
             CASE
                 WHEN (((f.body ->> 'relaxed'::text))::bigint > 0) THEN format(', content with less by %s steps'::text, (f.body ->> 'relaxed'::text))
                 ELSE NULL::text
             END, COALESCE(( SELECT string_agg(format('%s idle %s ms'::text, (c.value ->> 'agent'::text), (c.value ->> 'idle_ms'::text)), ', '::text ORDER BY c.ordinality) AS string_agg
                FROM jsonb_array_elements((f.body -> 'candidates'::text)) WITH ORDINALITY c(value, ordinality)), 'none'::text), COALESCE(( SELECT string_agg(format('%s %s'::text, (s.value ->> 'count'::text), (s.value ->> 'why'::text)), ', '::text ORDER BY s.ordinality) AS string_agg
                FROM jsonb_array_elements((f.body -> 'skipped'::text)) WITH ORDINALITY s(value, ordinality)), 'none'::text), ( SELECT ('; knows the caller: '::text || string_agg(format('%s (%s)'::text, (p.value ->> 'agent'::text), (p.value ->> 'why'::text)), ', '::text ORDER BY p.ordinality))
                FROM jsonb_array_elements((f.body -> 'passed'::text)) WITH ORDINALITY p(value, ordinality)))
             WHEN 'Dialled'::text THEN format('%s dials %s through trunk %s, showing %s'::text, COALESCE(NULLIF((f.body ->> 'agent'::text), ''::text), 'the house'::text), (f.body ->> 'number'::text), (f.body ->> 'trunk'::text), COALESCE(NULLIF((f.body ->> 'caller_id'::text), ''::text), 'no number'::text))
             WHEN 'CallbackRequested'::text THEN format('is to be called back at %s by queue %s (%s)'::text, (f.body ->> 'number'::text), (f.body ->> 'queue'::text), (f.body ->> 'mode'::text))
             WHEN 'CallbackTried'::text THEN format('callback, try %s: %s'::text, (f.body ->> 'tries'::text), (f.body ->> 'result'::text))
             WHEN 'CallbackEnded'::text THEN format('callback is over: %s'::text, (f.body ->> 'result'::text))
             WHEN 'DialEnded'::text THEN format('trunk %s after %s ms: %s (%s)'::text, (f.body ->> 'trunk'::text), (f.body ->> 'ring_ms'::text), (f.body ->> 'result'::text), (f.body ->> 'status'::text))
             WHEN 'Transferred'::text THEN format('handed on by node %s to %s: %s after %s ms%s'::text, (f.body ->> 'node'::text), COALESCE((f.body ->> 'agent'::text), (f.body ->> 'number'::text), 'nobody'::text), (f.body ->> 'result'::text), (f.body ->> 'ring_ms'::text), COALESCE(((' ('::text || NULLIF((f.body ->> 'why'::text), ''::text)) || ')'::text), ''::text))
             WHEN 'Answered'::text THEN format('%s answers after %s ms of ringing'::text, COALESCE(NULLIF((f.body ->> 'agent'::text), ''::text), 'the called one'::text), (f.body ->> 'ring_ms'::text))
             WHEN 'Held'::text THEN format('put on hold by %s'::text, (f.body ->> 'by'::text))
             WHEN 'Resumed'::text THEN format('resumed by %s after %s ms on hold'::text, (f.body ->> 'by'::text), (f.body ->> 'held_ms'::text))
             WHEN 'QueueLeft'::text THEN format('leaves queue %s after %s ms: %s%s%s'::text, (f.body ->> 'queue'::text), (f.body ->> 'wait_ms'::text), (f.body ->> 'result'::text),
             CASE (f.body ->> 'why'::text)
                 WHEN 'longest_wait'::text THEN ', the longest wait is over'::text
                 WHEN 'queue_gone'::text THEN ', the queue is gone'::text
                 WHEN 'nobody_there'::text THEN ', nobody is there whom it needs'::text
                 WHEN 'waited'::text THEN ', by its rule for such a wait'::text
                 WHEN 'estimate'::text THEN ', by its rule for a long estimate'::text
                 WHEN 'length'::text THEN ', by its rule for a long line'::text
                 WHEN 'closed'::text THEN ', by its rule for closing'::text
                 WHEN 'key'::text THEN ', by his own choice'::text
                 ELSE (', '::text || (f.body ->> 'why'::text))
             END, (', to '::text || replace((f.body ->> 'to'::text), ':'::text, ' '::text)))
             WHEN 'SegmentEnded'::text THEN format('%s is done: %s (ring %s ms, talk %s ms, hold %s ms)'::text, COALESCE(NULLIF((f.body ->> 'agent'::text), ''::text), (f.body ->> 'number'::text)), (f.body ->> 'result'::text), (f.body ->> 'ring_ms'::text), (f.body ->> 'talk_ms'::text), (f.body ->> 'hold_ms'::text))
             WHEN 'LegMeasured'::text THEN format('audio of the %s: loss %s %%, jitter %s ms'::text, (f.body ->> 'leg'::text), (f.body ->> 'loss_in_pct'::text), (f.body ->> 'jitter_in_ms'::text))
             WHEN 'RecordingKept'::text THEN format('recorded in %s'::text, (f.body ->> 'path'::text))
             WHEN 'RecordingMissed'::text THEN format('not recorded: %s'::text, (f.body ->> 'why'::text))
             WHEN 'VoiceMessageLeft'::text THEN format('leaves a message (%s) of %s ms in %s'::text, (f.body ->> 'what'::text), (f.body ->> 'ms'::text), (f.body ->> 'recording'::text))
             WHEN 'VoiceMessageMissed'::text THEN format('could not leave a message (%s): %s'::text, (f.body ->> 'what'::text), (f.body ->> 'why'::text))
             WHEN 'Surveyed'::text THEN format('asked for %s: %s'::text, (f.body ->> 'question'::text), COALESCE((f.body ->> 'answer'::text), 'no answer'::text))
             WHEN 'CallEnded'::text THEN format('ended by the %s: %s (%s)'::text, (f.body ->> 'hangup_by'::text), (f.body ->> 'outcome'::text), (f.body ->> 'cause'::text))
             WHEN 'CallCoded'::text THEN format('%s says it was about %s (%s)'::text, (f.body ->> 'agent'::text), (f.body ->> 'code'::text), (f.body ->> 'how'::text))
             WHEN 'WrapUpEnded'::text THEN format('%s finishes after-call work after %s ms (%s)'::text, (f.body ->> 'agent'::text), (f.body ->> 'wrapup_ms'::text), (f.body ->> 'how'::text))
             ELSE format('%s %s'::text, f.kind, f.body)
         END AS format
    FROM hotline.fact f
   WHERE (f.call_id = timeline.call)
   ORDER BY f.at, f.seq;
END;

ALTER FUNCTION report.timeline(call text) OWNER TO hotline_owner;

--
-- Name: FUNCTION timeline(call text); Type: COMMENT; Schema: report; Owner: hotline_owner
--

COMMENT ON FUNCTION report.timeline(call text) IS 'A call''s facts in words, in order, with the reason of each decision. 一通电话的经过。';

--
-- Name: application; Type: TABLE; Schema: hotline; Owner: hotline_owner
--

CREATE TABLE hotline.application (
    epoch bigint NOT NULL,
    seq bigint NOT NULL,
    at timestamp with time zone NOT NULL,
    call_id text NOT NULL,
    caller text NOT NULL,
    what text NOT NULL,
    action text NOT NULL,
    object_id text,
    object_name text,
    details jsonb DEFAULT '{}'::jsonb NOT NULL,
    handled_at timestamp with time zone,
    CONSTRAINT application_details_check CHECK ((jsonb_typeof(details) = 'object'::text))
);

ALTER TABLE hotline.application OWNER TO hotline_owner;

--
-- Name: TABLE application; Type: COMMENT; Schema: hotline; Owner: hotline_owner
--

COMMENT ON TABLE hotline.application IS 'What callers asked for by phone, from Applied. handled_at: when somebody took it up.';

--
-- Name: call_code; Type: TABLE; Schema: hotline; Owner: hotline_owner
--

CREATE TABLE hotline.call_code (
    epoch bigint NOT NULL,
    seq bigint NOT NULL,
    call_id text NOT NULL,
    queue text NOT NULL,
    agent text NOT NULL,
    at timestamp with time zone NOT NULL,
    code text NOT NULL,
    how text NOT NULL,
    CONSTRAINT call_code_how_check CHECK ((how = ANY (ARRAY['agent'::text, 'default'::text])))
);

ALTER TABLE hotline.call_code OWNER TO hotline_owner;

--
-- Name: TABLE call_code; Type: COMMENT; Schema: hotline; Owner: hotline_owner
--

COMMENT ON TABLE hotline.call_code IS 'What an agent said a conversation was about, from CallCoded. Append-only.';

--
-- Name: callback; Type: TABLE; Schema: hotline; Owner: hotline_owner
--

CREATE TABLE hotline.callback (
    callback_id text NOT NULL,
    epoch bigint NOT NULL,
    seq bigint NOT NULL,
    asked_at timestamp with time zone NOT NULL,
    call_id text NOT NULL,
    caller text NOT NULL,
    number text NOT NULL,
    queue text NOT NULL,
    mode text NOT NULL,
    asked_by text NOT NULL,
    place_from timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    priority bigint NOT NULL,
    skills jsonb DEFAULT '[]'::jsonb NOT NULL,
    agent text,
    language text NOT NULL,
    state text NOT NULL,
    tries bigint DEFAULT 0 NOT NULL,
    last_try_at timestamp with time zone,
    last_call_id text,
    last_result text,
    retry_at timestamp with time zone,
    ended_at timestamp with time zone,
    CONSTRAINT callback_asked_by_check CHECK ((asked_by = ANY (ARRAY['key'::text, 'menu'::text, 'overflow'::text]))),
    CONSTRAINT callback_call_id_check CHECK ((length(call_id) = 13)),
    CONSTRAINT callback_callback_id_check CHECK ((length(callback_id) = 13)),
    CONSTRAINT callback_check CHECK (((ended_at IS NOT NULL) = (state <> ALL (ARRAY['open'::text, 'reached'::text])))),
    CONSTRAINT callback_mode_check CHECK ((mode = ANY (ARRAY['agent_first'::text, 'customer_first'::text]))),
    CONSTRAINT callback_number_check CHECK ((number <> ''::text)),
    CONSTRAINT callback_skills_check CHECK ((jsonb_typeof(skills) = 'array'::text)),
    CONSTRAINT callback_state_check CHECK ((state = ANY (ARRAY['open'::text, 'reached'::text, 'done'::text, 'abandoned'::text, 'called_again'::text, 'expired'::text, 'given_up'::text, 'cancelled'::text]))),
    CONSTRAINT callback_tries_check CHECK ((tries >= 0))
);

ALTER TABLE hotline.callback OWNER TO hotline_owner;

--
-- Name: TABLE callback; Type: COMMENT; Schema: hotline; Owner: hotline_owner
--

COMMENT ON TABLE hotline.callback IS 'Everybody who asked to be called back, from CallbackRequested, CallbackTried and CallbackEnded. What is open is taken up again by the next start.';

--
-- Name: caller_language; Type: TABLE; Schema: hotline; Owner: hotline_owner
--

CREATE TABLE hotline.caller_language (
    caller text NOT NULL,
    language text NOT NULL,
    epoch bigint NOT NULL,
    seq bigint NOT NULL,
    chosen_at timestamp with time zone NOT NULL
);

ALTER TABLE hotline.caller_language OWNER TO hotline_owner;

--
-- Name: TABLE caller_language; Type: COMMENT; Schema: hotline; Owner: hotline_owner
--

COMMENT ON TABLE hotline.caller_language IS 'The language that a caller chose last, from LanguageSwitched: his next call begins in it.';

--
-- Name: fact_rejected; Type: TABLE; Schema: hotline; Owner: hotline_owner
--

CREATE TABLE hotline.fact_rejected (
    epoch bigint NOT NULL,
    seq bigint NOT NULL,
    at timestamp with time zone,
    kind bytea NOT NULL,
    call_id text,
    body bytea NOT NULL,
    error text NOT NULL,
    rejected_at timestamp with time zone DEFAULT now() NOT NULL
);

ALTER TABLE hotline.fact_rejected OWNER TO hotline_owner;

--
-- Name: TABLE fact_rejected; Type: COMMENT; Schema: hotline; Owner: hotline_owner
--

COMMENT ON TABLE hotline.fact_rejected IS 'Facts that the database refused, as bytes, with its words. Each one is a defect to be reported: nothing follows from it until it is repaired.';

--
-- Name: guard; Type: TABLE; Schema: hotline; Owner: hotline_owner
--

CREATE TABLE hotline.guard (
    scope text NOT NULL,
    key text NOT NULL,
    tries integer NOT NULL,
    tried_at timestamp with time zone NOT NULL,
    locked_until timestamp with time zone,
    CONSTRAINT guard_tries_check CHECK ((tries >= 0))
);

ALTER TABLE hotline.guard OWNER TO hotline_owner;

--
-- Name: TABLE guard; Type: COMMENT; Schema: hotline; Owner: hotline_owner
--

COMMENT ON TABLE hotline.guard IS 'Wrong tries at something secret (a PIN) in a row, by what was claimed (scope member, key 100001) and by the number that called (scope caller). Locked: nothing of that scope and key is looked up until then. To unlock: delete the row.';

--
-- Name: migration; Type: TABLE; Schema: hotline; Owner: hotline_owner
--

CREATE TABLE hotline.migration (
    version integer NOT NULL,
    name text NOT NULL,
    checksum text NOT NULL,
    applied_at timestamp with time zone DEFAULT now() NOT NULL
);

ALTER TABLE hotline.migration OWNER TO hotline_owner;

--
-- Name: TABLE migration; Type: COMMENT; Schema: hotline; Owner: hotline_owner
--

COMMENT ON TABLE hotline.migration IS 'The migrations of sql/migrations that are applied; their files must not change any more.';

--
-- Name: queue_groups; Type: TABLE; Schema: hotline; Owner: hotline_owner
--

CREATE TABLE hotline.queue_groups (
    epoch bigint NOT NULL,
    seq bigint NOT NULL,
    set_at timestamp with time zone NOT NULL,
    members jsonb NOT NULL
);

ALTER TABLE hotline.queue_groups OWNER TO hotline_owner;

--
-- Name: TABLE queue_groups; Type: COMMENT; Schema: hotline; Owner: hotline_owner
--

COMMENT ON TABLE hotline.queue_groups IS 'All names for several queues, as they were set at a start or a change of configuration, from QueueGroupsSet; the last one holds. Append-only.';

--
-- Name: recording; Type: TABLE; Schema: hotline; Owner: hotline_owner
--

CREATE TABLE hotline.recording (
    call_id text NOT NULL,
    epoch bigint NOT NULL,
    seq bigint NOT NULL,
    path text NOT NULL,
    sha256 text NOT NULL,
    length_ms bigint NOT NULL
);

ALTER TABLE hotline.recording OWNER TO hotline_owner;

--
-- Name: TABLE recording; Type: COMMENT; Schema: hotline; Owner: hotline_owner
--

COMMENT ON TABLE hotline.recording IS 'Recordings on disk, from RecordingKept. Append-only.';

--
-- Name: report_file; Type: TABLE; Schema: hotline; Owner: hotline_owner
--

CREATE TABLE hotline.report_file (
    name text NOT NULL,
    checksum text NOT NULL
);

ALTER TABLE hotline.report_file OWNER TO hotline_owner;

--
-- Name: TABLE report_file; Type: COMMENT; Schema: hotline; Owner: hotline_owner
--

COMMENT ON TABLE hotline.report_file IS 'The files of sql/report that schema report was made from.';

--
-- Name: sms_outbox; Type: TABLE; Schema: hotline; Owner: hotline_owner
--

CREATE TABLE hotline.sms_outbox (
    epoch bigint NOT NULL,
    seq bigint NOT NULL,
    at timestamp with time zone NOT NULL,
    call_id text NOT NULL,
    recipient text NOT NULL,
    text text NOT NULL,
    language text NOT NULL,
    sent_at timestamp with time zone
);

ALTER TABLE hotline.sms_outbox OWNER TO hotline_owner;

--
-- Name: TABLE sms_outbox; Type: COMMENT; Schema: hotline; Owner: hotline_owner
--

COMMENT ON TABLE hotline.sms_outbox IS 'Short messages that menus want sent, from SmsLeft. sent_at: when a gateway took it.';

--
-- Name: survey; Type: TABLE; Schema: hotline; Owner: hotline_owner
--

CREATE TABLE hotline.survey (
    epoch bigint NOT NULL,
    seq bigint NOT NULL,
    at timestamp with time zone NOT NULL,
    call_id text NOT NULL,
    caller text NOT NULL,
    agent text,
    queue text,
    branch text,
    question text NOT NULL,
    answer text,
    CONSTRAINT survey_call_id_check CHECK ((length(call_id) = 13)),
    CONSTRAINT survey_question_check CHECK ((question <> ''::text))
);

ALTER TABLE hotline.survey OWNER TO hotline_owner;

--
-- Name: TABLE survey; Type: COMMENT; Schema: hotline; Owner: hotline_owner
--

COMMENT ON TABLE hotline.survey IS 'Questions that were put to callers, with their answers, from Surveyed. Append-only.';

--
-- Name: voice_message; Type: TABLE; Schema: hotline; Owner: hotline_owner
--

CREATE TABLE hotline.voice_message (
    epoch bigint NOT NULL,
    seq bigint NOT NULL,
    at timestamp with time zone NOT NULL,
    call_id text NOT NULL,
    caller text NOT NULL,
    queue text,
    what text NOT NULL,
    ms bigint NOT NULL,
    recording text NOT NULL,
    recording_sha256 text NOT NULL,
    heard_at timestamp with time zone,
    CONSTRAINT voice_message_call_id_check CHECK ((length(call_id) = 13)),
    CONSTRAINT voice_message_ms_check CHECK ((ms >= 0)),
    CONSTRAINT voice_message_what_check CHECK ((what <> ''::text))
);

ALTER TABLE hotline.voice_message OWNER TO hotline_owner;

--
-- Name: TABLE voice_message; Type: COMMENT; Schema: hotline; Owner: hotline_owner
--

COMMENT ON TABLE hotline.voice_message IS 'Voice messages on disk, from VoiceMessageLeft. heard_at is set by whoever has dealt with one; all else stays as it is.';

--
-- Name: agent_day; Type: VIEW; Schema: report; Owner: hotline_owner
--

CREATE VIEW report.agent_day AS
 SELECT agent_days.day,
    agent_days.agent,
    agent_days.calls_in,
    agent_days.calls_out,
    agent_days.missed,
    agent_days.ring_ms,
    agent_days.talk_ms,
    agent_days.hold_ms,
    agent_days.wrapup_ms,
    agent_days.ready_ms,
    agent_days.paused_ms,
    agent_days.logged_in_ms,
    agent_days.occupancy
   FROM report.agent_days('-infinity'::date, 'infinity'::date) agent_days(day, agent, calls_in, calls_out, missed, ring_ms, talk_ms, hold_ms, wrapup_ms, ready_ms, paused_ms, logged_in_ms, occupancy);

ALTER TABLE report.agent_day OWNER TO hotline_owner;

--
-- Name: VIEW agent_day; Type: COMMENT; Schema: report; Owner: hotline_owner
--

COMMENT ON VIEW report.agent_day IS 'Each agent on each day, in the site''s time zone. What lasts over midnight is split there. Durations include what is under way, up to now or, while the daemon is down, to its last fact; counts are of what is over. For a span of days: report.agent_days(first, last). 坐席日报表。';

--
-- Name: COLUMN agent_day.day; Type: COMMENT; Schema: report; Owner: hotline_owner
--

COMMENT ON COLUMN report.agent_day.day IS 'The day in the site''s time zone. 日期（站点时区）。';

--
-- Name: COLUMN agent_day.agent; Type: COMMENT; Schema: report; Owner: hotline_owner
--

COMMENT ON COLUMN report.agent_day.agent IS 'The agent. 坐席。';

--
-- Name: COLUMN agent_day.calls_in; Type: COMMENT; Schema: report; Owner: hotline_owner
--

COMMENT ON COLUMN report.agent_day.calls_in IS 'Calls that the agent answered and that are over, on the day of the answer. 接听数。';

--
-- Name: COLUMN agent_day.calls_out; Type: COMMENT; Schema: report; Owner: hotline_owner
--

COMMENT ON COLUMN report.agent_day.calls_out IS 'Calls that the agent placed, to customers or inside; star codes are not counted. 呼出数。';

--
-- Name: COLUMN agent_day.missed; Type: COMMENT; Schema: report; Owner: hotline_owner
--

COMMENT ON COLUMN report.agent_day.missed IS 'Offers not taken: missed, rejected, busy or unreachable; one call can count several times. 漏接数（按派送计）。';

--
-- Name: COLUMN agent_day.ring_ms; Type: COMMENT; Schema: report; Owner: hotline_owner
--

COMMENT ON COLUMN report.agent_day.ring_ms IS 'Sum of ringing of the agent''s own phone, answered or not. 振铃时长（毫秒）。';

--
-- Name: COLUMN agent_day.talk_ms; Type: COMMENT; Schema: report; Owner: hotline_owner
--

COMMENT ON COLUMN report.agent_day.talk_ms IS 'Sum of conversation, hold not counted once it is over. 通话时长，不含保持（毫秒）。';

--
-- Name: COLUMN agent_day.hold_ms; Type: COMMENT; Schema: report; Owner: hotline_owner
--

COMMENT ON COLUMN report.agent_day.hold_ms IS 'Sum of time on hold, once the conversation is over (until then it is talk); a conversation over midnight gives each day its share. 保持时长（毫秒）。';

--
-- Name: COLUMN agent_day.wrapup_ms; Type: COMMENT; Schema: report; Owner: hotline_owner
--

COMMENT ON COLUMN report.agent_day.wrapup_ms IS 'Sum of after-call work. 话后处理时长（毫秒）。';

--
-- Name: COLUMN agent_day.ready_ms; Type: COMMENT; Schema: report; Owner: hotline_owner
--

COMMENT ON COLUMN report.agent_day.ready_ms IS 'Sum of time ready and idle; ringing is not idle. 空闲就绪时长（毫秒）。';

--
-- Name: COLUMN agent_day.paused_ms; Type: COMMENT; Schema: report; Owner: hotline_owner
--

COMMENT ON COLUMN report.agent_day.paused_ms IS 'Sum of time paused. 小休时长（毫秒）。';

--
-- Name: COLUMN agent_day.logged_in_ms; Type: COMMENT; Schema: report; Owner: hotline_owner
--

COMMENT ON COLUMN report.agent_day.logged_in_ms IS 'Sum of time logged in, in whatever state. 登录时长（毫秒）。';

--
-- Name: COLUMN agent_day.occupancy; Type: COMMENT; Schema: report; Owner: hotline_owner
--

COMMENT ON COLUMN report.agent_day.occupancy IS '(talk_ms + hold_ms + wrapup_ms) / (the same + ready_ms), 0 to 1; null when that is 0. Ringing and pause count for neither. 占用率（0–1）。';

--
-- Name: application; Type: VIEW; Schema: report; Owner: hotline_owner
--

CREATE VIEW report.application AS
 SELECT a.at,
    a.call_id,
    a.caller,
    a.what,
    a.action,
    a.object_id,
    a.object_name,
    a.details,
    a.handled_at
   FROM hotline.application a;

ALTER TABLE report.application OWNER TO hotline_owner;

--
-- Name: VIEW application; Type: COMMENT; Schema: report; Owner: hotline_owner
--

COMMENT ON VIEW report.application IS 'What callers asked for by phone: one row each. 电话申请。';

--
-- Name: COLUMN application.at; Type: COMMENT; Schema: report; Owner: hotline_owner
--

COMMENT ON COLUMN report.application.at IS 'When he asked. 申请时刻。';

--
-- Name: COLUMN application.call_id; Type: COMMENT; Schema: report; Owner: hotline_owner
--

COMMENT ON COLUMN report.application.call_id IS 'The call. 通话编号。';

--
-- Name: COLUMN application.caller; Type: COMMENT; Schema: report; Owner: hotline_owner
--

COMMENT ON COLUMN report.application.caller IS 'Calling number. 主叫号码。';

--
-- Name: COLUMN application.what; Type: COMMENT; Schema: report; Owner: hotline_owner
--

COMMENT ON COLUMN report.application.what IS 'What kind of thing: course, ticket, insurance. 申请内容。';

--
-- Name: COLUMN application.action; Type: COMMENT; Schema: report; Owner: hotline_owner
--

COMMENT ON COLUMN report.application.action IS 'What is to be done with it: book, cancel, ask. 动作。';

--
-- Name: COLUMN application.object_id; Type: COMMENT; Schema: report; Owner: hotline_owner
--

COMMENT ON COLUMN report.application.object_id IS 'Which one: its id in the site''s tables. 对象编号。';

--
-- Name: COLUMN application.object_name; Type: COMMENT; Schema: report; Owner: hotline_owner
--

COMMENT ON COLUMN report.application.object_name IS 'Its name as it was then. 对象名称。';

--
-- Name: COLUMN application.details; Type: COMMENT; Schema: report; Owner: hotline_owner
--

COMMENT ON COLUMN report.application.details IS 'What else he entered, by name. 其他内容。';

--
-- Name: COLUMN application.handled_at; Type: COMMENT; Schema: report; Owner: hotline_owner
--

COMMENT ON COLUMN report.application.handled_at IS 'When somebody took it up; null: not yet. 受理时刻。';

--
-- Name: call; Type: VIEW; Schema: report; Owner: hotline_owner
--

CREATE VIEW report.call AS
 SELECT c.call_id,
    c.started_at,
    c.ended_at,
    c.direction,
    c.caller,
    c.called,
    c.queue,
    c.agent,
    c.ivr_ms,
    c.wait_ms,
    c.ring_ms,
    c.talk_ms,
    c.hold_ms,
    (COALESCE(w.wrapup_ms, (0)::numeric))::bigint AS wrapup_ms,
    c.outcome,
    c.hangup_by,
    c.affinity,
    r.path AS recording,
    r.sha256 AS recording_sha256,
    c.loss_in_pct,
    (round(c.jitter_in_ms))::bigint AS jitter_in_ms
   FROM ((hotline.call c
     LEFT JOIN hotline.recording r ON ((r.call_id = c.call_id)))
     LEFT JOIN LATERAL ( SELECT sum(u.wrapup_ms) AS wrapup_ms
           FROM hotline.wrap_up u
          WHERE (u.call_id = c.call_id)) w ON (true));

ALTER TABLE report.call OWNER TO hotline_owner;

--
-- Name: VIEW call; Type: COMMENT; Schema: report; Owner: hotline_owner
--

COMMENT ON VIEW report.call IS 'One row for each call that is over. 每通已结束的电话一行。';

--
-- Name: COLUMN call.call_id; Type: COMMENT; Schema: report; Owner: hotline_owner
--

COMMENT ON COLUMN report.call.call_id IS 'The call''s id, as in logs and in the recording''s file name; later calls sort later. 通话编号。';

--
-- Name: COLUMN call.started_at; Type: COMMENT; Schema: report; Owner: hotline_owner
--

COMMENT ON COLUMN report.call.started_at IS 'The INVITE came. 呼入时刻。';

--
-- Name: COLUMN call.ended_at; Type: COMMENT; Schema: report; Owner: hotline_owner
--

COMMENT ON COLUMN report.call.ended_at IS 'The call was over; lost_at_restart: last time it was known alive. 结束时刻。';

--
-- Name: COLUMN call.direction; Type: COMMENT; Schema: report; Owner: hotline_owner
--

COMMENT ON COLUMN report.call.direction IS 'in: from a trunk; internal: from an agent''s own phone; out: to a customer. 方向：呼入、内部、呼出。';

--
-- Name: COLUMN call.caller; Type: COMMENT; Schema: report; Owner: hotline_owner
--

COMMENT ON COLUMN report.call.caller IS 'Calling number. 主叫号码。';

--
-- Name: COLUMN call.called; Type: COMMENT; Schema: report; Owner: hotline_owner
--

COMMENT ON COLUMN report.call.called IS 'Called number. 被叫号码。';

--
-- Name: COLUMN call.queue; Type: COMMENT; Schema: report; Owner: hotline_owner
--

COMMENT ON COLUMN report.call.queue IS 'The last queue it was in; null: none. 最后所在队列。';

--
-- Name: COLUMN call.agent; Type: COMMENT; Schema: report; Owner: hotline_owner
--

COMMENT ON COLUMN report.call.agent IS 'The last agent who talked, or who called out; null: none. 最后通话或外呼的坐席。';

--
-- Name: COLUMN call.ivr_ms; Type: COMMENT; Schema: report; Owner: hotline_owner
--

COMMENT ON COLUMN report.call.ivr_ms IS 'Time in menus and announcements, a survey and a voice message included. 语音菜单时长，含满意度调查和留言（毫秒）。';

--
-- Name: COLUMN call.wait_ms; Type: COMMENT; Schema: report; Owner: hotline_owner
--

COMMENT ON COLUMN report.call.wait_ms IS 'Sum of its waits in queues, ringing at agents included, and of those in which a menu had somebody rung for it. 排队和转接等待时长，含振铃（毫秒）。';

--
-- Name: COLUMN call.ring_ms; Type: COMMENT; Schema: report; Owner: hotline_owner
--

COMMENT ON COLUMN report.call.ring_ms IS 'Sum of the time that agents'' phones rang for it; of one to the outside, that the called one did. 振铃时长（毫秒）。';

--
-- Name: COLUMN call.talk_ms; Type: COMMENT; Schema: report; Owner: hotline_owner
--

COMMENT ON COLUMN report.call.talk_ms IS 'Sum of conversation with agents, or outside, hold not counted. 通话时长，不含保持（毫秒）。';

--
-- Name: COLUMN call.hold_ms; Type: COMMENT; Schema: report; Owner: hotline_owner
--

COMMENT ON COLUMN report.call.hold_ms IS 'Sum of the time on hold. 保持时长（毫秒）。';

--
-- Name: COLUMN call.wrapup_ms; Type: COMMENT; Schema: report; Owner: hotline_owner
--

COMMENT ON COLUMN report.call.wrapup_ms IS 'Sum of the agents'' after-call work for it; 0 until that is over. 话后处理时长（毫秒）。';

--
-- Name: COLUMN call.outcome; Type: COMMENT; Schema: report; Owner: hotline_owner
--

COMMENT ON COLUMN report.call.outcome IS 'answered: talked to an agent, or to one outside to whom a menu handed him on; abandoned: hung up before one; self_service: served by the menu; overflow: the queue was full, nobody was there, the wait too long, he left the line by a key of the menu, or a transfer was in vain; callback: asked for; voice_message: left one, and asked for no person after it; rejected: not taken; failed; lost_at_restart: the daemon died. 结果。';

--
-- Name: COLUMN call.hangup_by; Type: COMMENT; Schema: report; Owner: hotline_owner
--

COMMENT ON COLUMN report.call.hangup_by IS 'Who ended it: caller, agent, called (outside), system. Where a survey followed, who ended the conversation. 挂机方。';

--
-- Name: COLUMN call.affinity; Type: COMMENT; Schema: report; Owner: hotline_owner
--

COMMENT ON COLUMN report.call.affinity IS 'hit: served by an agent who knew the caller; timeout: waited for that agent in vain; unavailable: that agent was away; none: nobody knew the caller. 熟悉坐席匹配。';

--
-- Name: COLUMN call.recording; Type: COMMENT; Schema: report; Owner: hotline_owner
--

COMMENT ON COLUMN report.call.recording IS 'File below the data directory; null: not recorded. 录音文件。';

--
-- Name: COLUMN call.recording_sha256; Type: COMMENT; Schema: report; Owner: hotline_owner
--

COMMENT ON COLUMN report.call.recording_sha256 IS 'SHA-256 of that file, hex. 录音文件的 SHA-256。';

--
-- Name: COLUMN call.loss_in_pct; Type: COMMENT; Schema: report; Owner: hotline_owner
--

COMMENT ON COLUMN report.call.loss_in_pct IS 'Percent (0–100) of RTP packets that did not arrive from the caller, or from whom an agent called outside: lost / expected (RFC 3550). 客户侧丢包率（百分数）。';

--
-- Name: COLUMN call.jitter_in_ms; Type: COMMENT; Schema: report; Owner: hotline_owner
--

COMMENT ON COLUMN report.call.jitter_in_ms IS 'Interarrival jitter of the same RTP (RFC 3550 §6.4.1), last estimate, in whole milliseconds; finer: report.leg_quality. 客户侧抖动（毫秒）。';

--
-- Name: callback; Type: VIEW; Schema: report; Owner: hotline_owner
--

CREATE VIEW report.callback AS
 SELECT c.asked_at,
    c.callback_id,
    c.call_id,
    c.caller,
    c.number,
    c.queue,
    c.mode,
    c.asked_by,
    c.place_from,
    c.expires_at,
    c.state,
    c.tries,
    c.last_try_at,
    c.last_result,
    c.last_call_id,
    c.retry_at,
    c.ended_at
   FROM hotline.callback c;

ALTER TABLE report.callback OWNER TO hotline_owner;

--
-- Name: VIEW callback; Type: COMMENT; Schema: report; Owner: hotline_owner
--

COMMENT ON VIEW report.callback IS 'Everybody who asked to be called back (virtual hold), one row each. 回电登记，每条一行。';

--
-- Name: COLUMN callback.asked_at; Type: COMMENT; Schema: report; Owner: hotline_owner
--

COMMENT ON COLUMN report.callback.asked_at IS 'He asked for it. 登记时刻。';

--
-- Name: COLUMN callback.callback_id; Type: COMMENT; Schema: report; Owner: hotline_owner
--

COMMENT ON COLUMN report.callback.callback_id IS 'Its id, as in the facts. 回电编号。';

--
-- Name: COLUMN callback.call_id; Type: COMMENT; Schema: report; Owner: hotline_owner
--

COMMENT ON COLUMN report.callback.call_id IS 'The call in which he asked. 登记时的通话编号。';

--
-- Name: COLUMN callback.caller; Type: COMMENT; Schema: report; Owner: hotline_owner
--

COMMENT ON COLUMN report.callback.caller IS 'Who called then. 主叫号码。';

--
-- Name: COLUMN callback.number; Type: COMMENT; Schema: report; Owner: hotline_owner
--

COMMENT ON COLUMN report.callback.number IS 'Where he is called. 回电号码。';

--
-- Name: COLUMN callback.queue; Type: COMMENT; Schema: report; Owner: hotline_owner
--

COMMENT ON COLUMN report.callback.queue IS 'The queue whose turn he waits for. 队列。';

--
-- Name: COLUMN callback.mode; Type: COMMENT; Schema: report; Owner: hotline_owner
--

COMMENT ON COLUMN report.callback.mode IS 'agent_first: an agent takes it, then he is dialled; customer_first: he is dialled, says by key that he is there, then an agent rings. 模式。';

--
-- Name: COLUMN callback.asked_by; Type: COMMENT; Schema: report; Owner: hotline_owner
--

COMMENT ON COLUMN report.callback.asked_by IS 'key: while he waited; menu: by a callback node; overflow: by a rule of the queue. 登记方式。';

--
-- Name: COLUMN callback.place_from; Type: COMMENT; Schema: report; Owner: hotline_owner
--

COMMENT ON COLUMN report.callback.place_from IS 'His place in the queue counts from here, as if he had stayed. 排队位置起算时刻。';

--
-- Name: COLUMN callback.expires_at; Type: COMMENT; Schema: report; Owner: hotline_owner
--

COMMENT ON COLUMN report.callback.expires_at IS 'He is not called any more after this. 失效时刻。';

--
-- Name: COLUMN callback.state; Type: COMMENT; Schema: report; Owner: hotline_owner
--

COMMENT ON COLUMN report.callback.state IS 'open: waits for its turn, or is under way; reached: connected, and not judged yet; done: an agent talked to him; abandoned: he was connected to the queue and hung up there; called_again: he called himself before; expired: too old; given_up: no try is left; cancelled: the queue calls nobody back any more, or that number may not be called. 状态。';

--
-- Name: COLUMN callback.tries; Type: COMMENT; Schema: report; Owner: hotline_owner
--

COMMENT ON COLUMN report.callback.tries IS 'How often he was dialled. 拨打次数。';

--
-- Name: COLUMN callback.last_try_at; Type: COMMENT; Schema: report; Owner: hotline_owner
--

COMMENT ON COLUMN report.callback.last_try_at IS 'The last try was over, or had reached him. 最近一次拨打时刻。';

--
-- Name: COLUMN callback.last_result; Type: COMMENT; Schema: report; Owner: hotline_owner
--

COMMENT ON COLUMN report.callback.last_result IS 'Of the last try: answered, busy, missed, rejected, unreachable, failed (no trunk), unconfirmed (he pressed nothing: a machine?), machine (the agent says so), withdrawn. 最近一次结果。';

--
-- Name: COLUMN callback.last_call_id; Type: COMMENT; Schema: report; Owner: hotline_owner
--

COMMENT ON COLUMN report.callback.last_call_id IS 'The call of the last try (report.call). 最近一次拨打的通话编号。';

--
-- Name: COLUMN callback.retry_at; Type: COMMENT; Schema: report; Owner: hotline_owner
--

COMMENT ON COLUMN report.callback.retry_at IS 'He is not tried again before; null: not tried, or no try is left. 下次最早拨打时刻。';

--
-- Name: COLUMN callback.ended_at; Type: COMMENT; Schema: report; Owner: hotline_owner
--

COMMENT ON COLUMN report.callback.ended_at IS 'It was over; null: it is not. 结束时刻。';

--
-- Name: decision; Type: VIEW; Schema: report; Owner: hotline_owner
--

CREATE VIEW report.decision AS
 SELECT f.at,
    f.call_id,
    (f.body ->> 'queue'::text) AS queue,
    (f.body ->> 'agent'::text) AS agent,
    (f.body ->> 'reason'::text) AS reason,
    jsonb_build_object('best', COALESCE((f.body -> 'candidates'::text), '[]'::jsonb), 'relaxed', COALESCE((f.body -> 'relaxed'::text), '0'::jsonb), 'skipped', COALESCE(( SELECT jsonb_object_agg((s.value ->> 'why'::text), (s.value -> 'count'::text)) AS jsonb_object_agg
           FROM jsonb_array_elements((f.body -> 'skipped'::text)) s(value)), '{}'::jsonb), 'passed', COALESCE((f.body -> 'passed'::text), '[]'::jsonb)) AS candidates
   FROM hotline.fact f
  WHERE (f.kind = 'Offered'::text);

ALTER TABLE report.decision OWNER TO hotline_owner;

--
-- Name: VIEW decision; Type: COMMENT; Schema: report; Owner: hotline_owner
--

COMMENT ON VIEW report.decision IS 'Why this agent got this call: one row for each offer. 派单依据。';

--
-- Name: COLUMN decision.at; Type: COMMENT; Schema: report; Owner: hotline_owner
--

COMMENT ON COLUMN report.decision.at IS 'When it was decided. 决定时刻。';

--
-- Name: COLUMN decision.call_id; Type: COMMENT; Schema: report; Owner: hotline_owner
--

COMMENT ON COLUMN report.decision.call_id IS 'The call. 通话编号。';

--
-- Name: COLUMN decision.queue; Type: COMMENT; Schema: report; Owner: hotline_owner
--

COMMENT ON COLUMN report.decision.queue IS 'The queue. 队列。';

--
-- Name: COLUMN decision.agent; Type: COMMENT; Schema: report; Owner: hotline_owner
--

COMMENT ON COLUMN report.decision.agent IS 'The agent chosen. 选中的坐席。';

--
-- Name: COLUMN decision.reason; Type: COMMENT; Schema: report; Owner: hotline_owner
--

COMMENT ON COLUMN report.decision.reason IS 'The rule that chose: named (the caller asked for this agent), affinity, or the queue''s strategy (longest_idle, round_robin, fewest_calls, least_talk, skill_level, top_down, weighted_random, ring_all). 依据。';

--
-- Name: COLUMN decision.candidates; Type: COMMENT; Schema: report; Owner: hotline_owner
--

COMMENT ON COLUMN report.decision.candidates IS 'best: the ten best agents in order, with idle_ms; relaxed: steps of relaxing that the wait had brought; skipped: how many of the queue''s agents were passed over, by reason; passed: agents who served the caller before and were not taken, best first, with the reason. 候选坐席与跳过原因，以及曾服务过该客户而未选中的坐席及原因。';

--
-- Name: leg_quality; Type: VIEW; Schema: report; Owner: hotline_owner
--

CREATE VIEW report.leg_quality AS
 SELECT f.at,
    f.call_id,
    (f.body ->> 'leg'::text) AS leg,
    (f.body ->> 'agent'::text) AS agent,
    ((f.body ->> 'packets_in'::text))::bigint AS packets_in,
    ((f.body ->> 'packets_out'::text))::bigint AS packets_out,
    ((f.body ->> 'lost_in'::text))::bigint AS lost_in,
    ((f.body ->> 'loss_in_pct'::text))::double precision AS loss_in_pct,
    ((f.body ->> 'jitter_in_ms'::text))::double precision AS jitter_in_ms,
    ((f.body ->> 'jitter_in_max_ms'::text))::double precision AS jitter_in_max_ms,
    ((f.body ->> 'loss_out_pct'::text))::double precision AS loss_out_pct,
    ((f.body ->> 'round_trip_ms'::text))::double precision AS round_trip_ms
   FROM hotline.fact f
  WHERE (f.kind = 'LegMeasured'::text);

ALTER TABLE report.leg_quality OWNER TO hotline_owner;

--
-- Name: VIEW leg_quality; Type: COMMENT; Schema: report; Owner: hotline_owner
--

COMMENT ON VIEW report.leg_quality IS 'RTP of each leg over its whole life (RFC 3550 §6.4). 每路媒体质量。';

--
-- Name: COLUMN leg_quality.at; Type: COMMENT; Schema: report; Owner: hotline_owner
--

COMMENT ON COLUMN report.leg_quality.at IS 'When the leg''s audio was closed. 结束时刻。';

--
-- Name: COLUMN leg_quality.call_id; Type: COMMENT; Schema: report; Owner: hotline_owner
--

COMMENT ON COLUMN report.leg_quality.call_id IS 'The call. 通话编号。';

--
-- Name: COLUMN leg_quality.leg; Type: COMMENT; Schema: report; Owner: hotline_owner
--

COMMENT ON COLUMN report.leg_quality.leg IS 'caller, agent or called (outside). 哪一方。';

--
-- Name: COLUMN leg_quality.agent; Type: COMMENT; Schema: report; Owner: hotline_owner
--

COMMENT ON COLUMN report.leg_quality.agent IS 'The agent, for an agent''s leg. 坐席。';

--
-- Name: COLUMN leg_quality.packets_in; Type: COMMENT; Schema: report; Owner: hotline_owner
--

COMMENT ON COLUMN report.leg_quality.packets_in IS 'RTP packets received. 收包数。';

--
-- Name: COLUMN leg_quality.packets_out; Type: COMMENT; Schema: report; Owner: hotline_owner
--

COMMENT ON COLUMN report.leg_quality.packets_out IS 'RTP packets sent. 发包数。';

--
-- Name: COLUMN leg_quality.lost_in; Type: COMMENT; Schema: report; Owner: hotline_owner
--

COMMENT ON COLUMN report.leg_quality.lost_in IS 'Packets expected and not received. 丢包数。';

--
-- Name: COLUMN leg_quality.loss_in_pct; Type: COMMENT; Schema: report; Owner: hotline_owner
--

COMMENT ON COLUMN report.leg_quality.loss_in_pct IS 'Percent (0–100): lost_in / (lost_in + packets_in). 收方向丢包率（百分数）。';

--
-- Name: COLUMN leg_quality.jitter_in_ms; Type: COMMENT; Schema: report; Owner: hotline_owner
--

COMMENT ON COLUMN report.leg_quality.jitter_in_ms IS 'Interarrival jitter, last estimate (RFC 3550 §6.4.1). 抖动（毫秒）。';

--
-- Name: COLUMN leg_quality.jitter_in_max_ms; Type: COMMENT; Schema: report; Owner: hotline_owner
--

COMMENT ON COLUMN report.leg_quality.jitter_in_max_ms IS 'The highest estimate. 最大抖动（毫秒）。';

--
-- Name: COLUMN leg_quality.loss_out_pct; Type: COMMENT; Schema: report; Owner: hotline_owner
--

COMMENT ON COLUMN report.leg_quality.loss_out_pct IS 'Percent (0–100) lost of what we sent, as the far side reported last. 发方向丢包率（百分数）。';

--
-- Name: COLUMN leg_quality.round_trip_ms; Type: COMMENT; Schema: report; Owner: hotline_owner
--

COMMENT ON COLUMN report.leg_quality.round_trip_ms IS 'Round trip by RTCP, last value; null when the far side sent no reports. 往返时延（毫秒）。';

--
-- Name: menu_choice; Type: VIEW; Schema: report; Owner: hotline_owner
--

CREATE VIEW report.menu_choice AS
 SELECT f.at,
    f.call_id,
    (f.body ->> 'caller'::text) AS caller,
    (f.body ->> 'menu'::text) AS menu,
    (f.body ->> 'key'::text) AS key,
    (f.body ->> 'choice'::text) AS choice
   FROM hotline.fact f
  WHERE (f.kind = 'MenuChosen'::text);

ALTER TABLE report.menu_choice OWNER TO hotline_owner;

--
-- Name: VIEW menu_choice; Type: COMMENT; Schema: report; Owner: hotline_owner
--

COMMENT ON VIEW report.menu_choice IS 'Every choice that a caller made in a menu. 语音菜单选择。';

--
-- Name: COLUMN menu_choice.at; Type: COMMENT; Schema: report; Owner: hotline_owner
--

COMMENT ON COLUMN report.menu_choice.at IS 'When the key was pressed. 按键时刻。';

--
-- Name: COLUMN menu_choice.call_id; Type: COMMENT; Schema: report; Owner: hotline_owner
--

COMMENT ON COLUMN report.menu_choice.call_id IS 'The call. 通话编号。';

--
-- Name: COLUMN menu_choice.caller; Type: COMMENT; Schema: report; Owner: hotline_owner
--

COMMENT ON COLUMN report.menu_choice.caller IS 'Calling number. 主叫号码。';

--
-- Name: COLUMN menu_choice.menu; Type: COMMENT; Schema: report; Owner: hotline_owner
--

COMMENT ON COLUMN report.menu_choice.menu IS 'Name of the menu. 菜单名。';

--
-- Name: COLUMN menu_choice.key; Type: COMMENT; Schema: report; Owner: hotline_owner
--

COMMENT ON COLUMN report.menu_choice.key IS 'The key pressed: 0–9, *, #. 按键。';

--
-- Name: COLUMN menu_choice.choice; Type: COMMENT; Schema: report; Owner: hotline_owner
--

COMMENT ON COLUMN report.menu_choice.choice IS 'What was asked for, by name: it stays when a menu''s keys change. 所选内容。';

--
-- Name: queue_group; Type: VIEW; Schema: report; Owner: hotline_owner
--

CREATE VIEW report.queue_group AS
 SELECT m.name AS queue_group,
    m.queue
   FROM (( SELECT g.members
           FROM hotline.queue_groups g
          ORDER BY g.set_at DESC, g.seq DESC
         LIMIT 1) last
     CROSS JOIN LATERAL jsonb_to_recordset(last.members) m(name text, queue text));

ALTER TABLE report.queue_group OWNER TO hotline_owner;

--
-- Name: VIEW queue_group; Type: COMMENT; Schema: report; Owner: hotline_owner
--

COMMENT ON VIEW report.queue_group IS 'Names for several queues, one row for each queue of each; join it where a report has a column queue. As configured now. 队列组。';

--
-- Name: COLUMN queue_group.queue_group; Type: COMMENT; Schema: report; Owner: hotline_owner
--

COMMENT ON COLUMN report.queue_group.queue_group IS 'The group''s name. 组名。';

--
-- Name: COLUMN queue_group.queue; Type: COMMENT; Schema: report; Owner: hotline_owner
--

COMMENT ON COLUMN report.queue_group.queue IS 'One of its queues. 队列。';

--
-- Name: queue_hour; Type: VIEW; Schema: report; Owner: hotline_owner
--

CREATE VIEW report.queue_hour AS
 SELECT queue_hours.hour,
    queue_hours.queue,
    queue_hours.offered,
    queue_hours.answered,
    queue_hours.abandoned,
    queue_hours.short_abandoned,
    queue_hours.service_level AS service_level_20s,
    queue_hours.asa_ms,
    queue_hours.aht_ms,
    queue_hours.max_wait_ms
   FROM report.queue_hours('-infinity'::timestamp with time zone, 'infinity'::timestamp with time zone) queue_hours(hour, queue, offered, answered, abandoned, short_abandoned, service_level, asa_ms, aht_ms, max_wait_ms);

ALTER TABLE report.queue_hour OWNER TO hotline_owner;

--
-- Name: VIEW queue_hour; Type: COMMENT; Schema: report; Owner: hotline_owner
--

COMMENT ON VIEW report.queue_hour IS 'Each queue in each hour in which a call entered it. A call counts in the hour it entered, once it has left. For other thresholds: report.queue_hours(since, until, threshold_ms, short_abandon_ms). 队列小时报表。';

--
-- Name: COLUMN queue_hour.hour; Type: COMMENT; Schema: report; Owner: hotline_owner
--

COMMENT ON COLUMN report.queue_hour.hour IS 'Beginning of the hour in the site''s time zone. 小时（站点时区）。';

--
-- Name: COLUMN queue_hour.queue; Type: COMMENT; Schema: report; Owner: hotline_owner
--

COMMENT ON COLUMN report.queue_hour.queue IS 'The queue. 队列。';

--
-- Name: COLUMN queue_hour.offered; Type: COMMENT; Schema: report; Owner: hotline_owner
--

COMMENT ON COLUMN report.queue_hour.offered IS 'Calls that entered the queue. 进入队列数。';

--
-- Name: COLUMN queue_hour.answered; Type: COMMENT; Schema: report; Owner: hotline_owner
--

COMMENT ON COLUMN report.queue_hour.answered IS 'Calls that left it to an agent. 接听数。';

--
-- Name: COLUMN queue_hour.abandoned; Type: COMMENT; Schema: report; Owner: hotline_owner
--

COMMENT ON COLUMN report.queue_hour.abandoned IS 'Calls that hung up in it; overflow, callback and voice message are not abandons. 放弃数。';

--
-- Name: COLUMN queue_hour.short_abandoned; Type: COMMENT; Schema: report; Owner: hotline_owner
--

COMMENT ON COLUMN report.queue_hour.short_abandoned IS 'Abandons after less than 5 s (wait_ms < 5000). 5 秒内放弃数。';

--
-- Name: COLUMN queue_hour.service_level_20s; Type: COMMENT; Schema: report; Owner: hotline_owner
--

COMMENT ON COLUMN report.queue_hour.service_level_20s IS 'Answered within 20 s (wait_ms <= 20000) / (answered + abandoned - short_abandoned), 0 to 1; null when that is 0. 20 秒服务水平（0–1）。';

--
-- Name: COLUMN queue_hour.asa_ms; Type: COMMENT; Schema: report; Owner: hotline_owner
--

COMMENT ON COLUMN report.queue_hour.asa_ms IS 'Average speed of answer: mean wait_ms in the queue of answered calls; time in the menu is not counted. 平均应答速度（毫秒）。';

--
-- Name: COLUMN queue_hour.aht_ms; Type: COMMENT; Schema: report; Owner: hotline_owner
--

COMMENT ON COLUMN report.queue_hour.aht_ms IS 'Average handling time: mean of talk + hold + after-call work of answered calls whose conversation is over. 平均处理时长（毫秒）。';

--
-- Name: COLUMN queue_hour.max_wait_ms; Type: COMMENT; Schema: report; Owner: hotline_owner
--

COMMENT ON COLUMN report.queue_hour.max_wait_ms IS 'Longest wait_ms of all calls offered. 最长等待（毫秒）。';

--
-- Name: segment; Type: VIEW; Schema: report; Owner: hotline_owner
--

CREATE VIEW report.segment AS
 SELECT s.call_id,
    s.agent,
    s.offered_at,
    s.answered_at,
    s.ended_at,
    s.result,
        CASE
            WHEN (s.result = 'answered'::text) THEN ( SELECT c.code
               FROM hotline.call_code c
              WHERE ((c.call_id = s.call_id) AND (c.agent = s.agent) AND (c.at >= s.ended_at))
              ORDER BY c.at, c.seq
             LIMIT 1)
            ELSE NULL::text
        END AS code,
    s.number,
    s.trunk
   FROM hotline.segment s;

ALTER TABLE report.segment OWNER TO hotline_owner;

--
-- Name: VIEW segment; Type: COMMENT; Schema: report; Owner: hotline_owner
--

COMMENT ON VIEW report.segment IS 'Every agent that a call was offered to, one row for each offer; and each conversation with a number outside. 每次派给坐席一行，与外线的通话也占一行。';

--
-- Name: COLUMN segment.call_id; Type: COMMENT; Schema: report; Owner: hotline_owner
--

COMMENT ON COLUMN report.segment.call_id IS 'The call. 通话编号。';

--
-- Name: COLUMN segment.agent; Type: COMMENT; Schema: report; Owner: hotline_owner
--

COMMENT ON COLUMN report.segment.agent IS 'The agent it was offered to, or who called outside; null: a menu handed the caller on to a number outside. 坐席。';

--
-- Name: COLUMN segment.offered_at; Type: COMMENT; Schema: report; Owner: hotline_owner
--

COMMENT ON COLUMN report.segment.offered_at IS 'The offer was decided and the agent''s phone was called. 派出时刻。';

--
-- Name: COLUMN segment.answered_at; Type: COMMENT; Schema: report; Owner: hotline_owner
--

COMMENT ON COLUMN report.segment.answered_at IS 'The agent answered; null: did not. 接听时刻。';

--
-- Name: COLUMN segment.ended_at; Type: COMMENT; Schema: report; Owner: hotline_owner
--

COMMENT ON COLUMN report.segment.ended_at IS 'The offer came to nothing, or the conversation was over. 结束时刻。';

--
-- Name: COLUMN segment.result; Type: COMMENT; Schema: report; Owner: hotline_owner
--

COMMENT ON COLUMN report.segment.result IS 'answered; missed: no answer in the ring time; rejected; busy; unreachable: no phone there; withdrawn: the caller left first, or all were rung and a rescue caller needed this phone; elsewhere: all were rung and another one answered first; failed. 结果。';

--
-- Name: COLUMN segment.code; Type: COMMENT; Schema: report; Owner: hotline_owner
--

COMMENT ON COLUMN report.segment.code IS 'What the agent said the conversation was about, or the queue''s default; null: neither, or he is not done yet. 小结代码。';

--
-- Name: COLUMN segment.number; Type: COMMENT; Schema: report; Owner: hotline_owner
--

COMMENT ON COLUMN report.segment.number IS 'The number outside that was called; null: none. 外线号码。';

--
-- Name: COLUMN segment.trunk; Type: COMMENT; Schema: report; Owner: hotline_owner
--

COMMENT ON COLUMN report.segment.trunk IS 'The trunk that led there. 中继。';

--
-- Name: self_service; Type: VIEW; Schema: report; Owner: hotline_owner
--

CREATE VIEW report.self_service AS
 SELECT f.at,
    f.call_id,
    (f.body ->> 'caller'::text) AS caller,
    (f.body ->> 'what'::text) AS what,
    (f.body ->> 'object_id'::text) AS object_id,
    (f.body ->> 'object_name'::text) AS object_name
   FROM hotline.fact f
  WHERE (f.kind = 'SelfServed'::text);

ALTER TABLE report.self_service OWNER TO hotline_owner;

--
-- Name: VIEW self_service; Type: COMMENT; Schema: report; Owner: hotline_owner
--

COMMENT ON VIEW report.self_service IS 'What callers were told by the menus, or chose there: one row each time. 自助服务。';

--
-- Name: COLUMN self_service.at; Type: COMMENT; Schema: report; Owner: hotline_owner
--

COMMENT ON COLUMN report.self_service.at IS 'When he was told. 时刻。';

--
-- Name: COLUMN self_service.call_id; Type: COMMENT; Schema: report; Owner: hotline_owner
--

COMMENT ON COLUMN report.self_service.call_id IS 'The call. 通话编号。';

--
-- Name: COLUMN self_service.caller; Type: COMMENT; Schema: report; Owner: hotline_owner
--

COMMENT ON COLUMN report.self_service.caller IS 'Calling number. 主叫号码。';

--
-- Name: COLUMN self_service.what; Type: COMMENT; Schema: report; Owner: hotline_owner
--

COMMENT ON COLUMN report.self_service.what IS 'What kind of thing he asked for (order, route, branch), by name: it stays when a menu''s keys change. 咨询内容。';

--
-- Name: COLUMN self_service.object_id; Type: COMMENT; Schema: report; Owner: hotline_owner
--

COMMENT ON COLUMN report.self_service.object_id IS 'Which one: its id in the site''s tables; null when he asked for the kind as such. 对象编号。';

--
-- Name: COLUMN self_service.object_name; Type: COMMENT; Schema: report; Owner: hotline_owner
--

COMMENT ON COLUMN report.self_service.object_name IS 'Its name as it was then. 对象名称。';

--
-- Name: survey; Type: VIEW; Schema: report; Owner: hotline_owner
--

CREATE VIEW report.survey AS
 SELECT s.at,
    s.call_id,
    s.caller,
    s.agent,
    s.queue,
    s.branch,
    s.question,
    s.answer
   FROM hotline.survey s;

ALTER TABLE report.survey OWNER TO hotline_owner;

--
-- Name: VIEW survey; Type: COMMENT; Schema: report; Owner: hotline_owner
--

COMMENT ON VIEW report.survey IS 'Every question of a survey that was put to a caller. 满意度调查，每个问题一行。';

--
-- Name: COLUMN survey.at; Type: COMMENT; Schema: report; Owner: hotline_owner
--

COMMENT ON COLUMN report.survey.at IS 'He answered, or the question was over without an answer. 回答时刻。';

--
-- Name: COLUMN survey.call_id; Type: COMMENT; Schema: report; Owner: hotline_owner
--

COMMENT ON COLUMN report.survey.call_id IS 'The call. 通话编号。';

--
-- Name: COLUMN survey.caller; Type: COMMENT; Schema: report; Owner: hotline_owner
--

COMMENT ON COLUMN report.survey.caller IS 'Calling number. 主叫号码。';

--
-- Name: COLUMN survey.agent; Type: COMMENT; Schema: report; Owner: hotline_owner
--

COMMENT ON COLUMN report.survey.agent IS 'The last agent whom he talked to; null: none. 最后通话的坐席。';

--
-- Name: COLUMN survey.queue; Type: COMMENT; Schema: report; Owner: hotline_owner
--

COMMENT ON COLUMN report.survey.queue IS 'The last queue he was in; null: none. 最后所在队列。';

--
-- Name: COLUMN survey.branch; Type: COMMENT; Schema: report; Owner: hotline_owner
--

COMMENT ON COLUMN report.survey.branch IS 'The branch, where his flow has named one in its variable branch. 门店。';

--
-- Name: COLUMN survey.question; Type: COMMENT; Schema: report; Owner: hotline_owner
--

COMMENT ON COLUMN report.survey.question IS 'The question, by name: it stays when its words change. 问题。';

--
-- Name: COLUMN survey.answer; Type: COMMENT; Schema: report; Owner: hotline_owner
--

COMMENT ON COLUMN report.survey.answer IS 'The answer, by name: it stays when keys change; null: he gave none, or hung up. 回答。';

--
-- Name: transfer; Type: VIEW; Schema: report; Owner: hotline_owner
--

CREATE VIEW report.transfer AS
 SELECT f.at,
    f.call_id,
    (f.body ->> 'caller'::text) AS caller,
    (f.body ->> 'node'::text) AS node,
    (f.body ->> 'head_of'::text) AS head_of,
    (f.body ->> 'agent'::text) AS agent,
    (f.body ->> 'number'::text) AS number,
    (f.body ->> 'trunk'::text) AS trunk,
    (f.body ->> 'result'::text) AS result,
    (f.body ->> 'why'::text) AS why,
    ((f.body ->> 'ring_ms'::text))::bigint AS ring_ms,
        CASE
            WHEN ((f.body ->> 'result'::text) = 'answered'::text) THEN ( SELECT (s.talk_ms + s.hold_ms)
               FROM hotline.segment s
              WHERE ((s.call_id = f.call_id) AND (s.epoch = f.epoch) AND (s.seq > f.seq) AND (s.queue = ''::text) AND (s.result = 'answered'::text))
              ORDER BY s.seq
             LIMIT 1)
            ELSE NULL::bigint
        END AS talk_ms
   FROM hotline.fact f
  WHERE (f.kind = 'Transferred'::text);

ALTER TABLE report.transfer OWNER TO hotline_owner;

--
-- Name: VIEW transfer; Type: COMMENT; Schema: report; Owner: hotline_owner
--

COMMENT ON VIEW report.transfer IS 'Callers whom a menu handed on to an agent or to a number outside: one row each time. 语音菜单转接。';

--
-- Name: COLUMN transfer.at; Type: COMMENT; Schema: report; Owner: hotline_owner
--

COMMENT ON COLUMN report.transfer.at IS 'When it was decided: answered, or in vain. 时刻。';

--
-- Name: COLUMN transfer.call_id; Type: COMMENT; Schema: report; Owner: hotline_owner
--

COMMENT ON COLUMN report.transfer.call_id IS 'The call. 通话编号。';

--
-- Name: COLUMN transfer.caller; Type: COMMENT; Schema: report; Owner: hotline_owner
--

COMMENT ON COLUMN report.transfer.caller IS 'Calling number. 主叫号码。';

--
-- Name: COLUMN transfer.node; Type: COMMENT; Schema: report; Owner: hotline_owner
--

COMMENT ON COLUMN report.transfer.node IS 'The node of the flow whose wish it was. 菜单节点。';

--
-- Name: COLUMN transfer.head_of; Type: COMMENT; Schema: report; Owner: hotline_owner
--

COMMENT ON COLUMN report.transfer.head_of IS 'The queue or group whose head was to be rung; null: another. 所属负责人的队列。';

--
-- Name: COLUMN transfer.agent; Type: COMMENT; Schema: report; Owner: hotline_owner
--

COMMENT ON COLUMN report.transfer.agent IS 'The agent whom it was for; null: a number outside. 坐席。';

--
-- Name: COLUMN transfer.number; Type: COMMENT; Schema: report; Owner: hotline_owner
--

COMMENT ON COLUMN report.transfer.number IS 'The number outside; null: an agent. 外线号码。';

--
-- Name: COLUMN transfer.trunk; Type: COMMENT; Schema: report; Owner: hotline_owner
--

COMMENT ON COLUMN report.transfer.trunk IS 'The trunk that was tried last; null: none. 中继。';

--
-- Name: COLUMN transfer.result; Type: COMMENT; Schema: report; Owner: hotline_owner
--

COMMENT ON COLUMN report.transfer.result IS 'answered; busy: he talked, declined, or the line was engaged; no_answer; failed: nobody could be rung, see why; withdrawn: the call ended before. 结果。';

--
-- Name: COLUMN transfer.why; Type: COMMENT; Schema: report; Owner: hotline_owner
--

COMMENT ON COLUMN report.transfer.why IS 'What stood in the way: not_allowed, too_many_at_once, too_many_an_hour, own_number, or words of the far side. 原因。';

--
-- Name: COLUMN transfer.ring_ms; Type: COMMENT; Schema: report; Owner: hotline_owner
--

COMMENT ON COLUMN report.transfer.ring_ms IS 'From the wish to the answer or the end. 振铃时长（毫秒）。';

--
-- Name: COLUMN transfer.talk_ms; Type: COMMENT; Schema: report; Owner: hotline_owner
--

COMMENT ON COLUMN report.transfer.talk_ms IS 'The conversation, hold included; null: there was none, or it is not over. 通话时长，含保持（毫秒）。';

--
-- Name: voice_message; Type: VIEW; Schema: report; Owner: hotline_owner
--

CREATE VIEW report.voice_message AS
 SELECT m.at,
    m.call_id,
    m.caller,
    m.queue,
    m.what,
    m.ms,
    m.recording,
    m.recording_sha256,
    m.heard_at
   FROM hotline.voice_message m;

ALTER TABLE report.voice_message OWNER TO hotline_owner;

--
-- Name: VIEW voice_message; Type: COMMENT; Schema: report; Owner: hotline_owner
--

COMMENT ON VIEW report.voice_message IS 'Every voice message that a caller left. 客户留言，每条一行。';

--
-- Name: COLUMN voice_message.at; Type: COMMENT; Schema: report; Owner: hotline_owner
--

COMMENT ON COLUMN report.voice_message.at IS 'It was on disk. 留言保存时刻。';

--
-- Name: COLUMN voice_message.call_id; Type: COMMENT; Schema: report; Owner: hotline_owner
--

COMMENT ON COLUMN report.voice_message.call_id IS 'The call. 通话编号。';

--
-- Name: COLUMN voice_message.caller; Type: COMMENT; Schema: report; Owner: hotline_owner
--

COMMENT ON COLUMN report.voice_message.caller IS 'Calling number. 主叫号码。';

--
-- Name: COLUMN voice_message.queue; Type: COMMENT; Schema: report; Owner: hotline_owner
--

COMMENT ON COLUMN report.voice_message.queue IS 'Whose it is: as the flow says, else the last queue he was in; null: none. 所属队列。';

--
-- Name: COLUMN voice_message.what; Type: COMMENT; Schema: report; Owner: hotline_owner
--

COMMENT ON COLUMN report.voice_message.what IS 'What it is about, by name: complaint, suggestion, … 留言内容类别。';

--
-- Name: COLUMN voice_message.ms; Type: COMMENT; Schema: report; Owner: hotline_owner
--

COMMENT ON COLUMN report.voice_message.ms IS 'Length of the file; silence at its end is cut off but for a second. 录音时长（毫秒）。';

--
-- Name: COLUMN voice_message.recording; Type: COMMENT; Schema: report; Owner: hotline_owner
--

COMMENT ON COLUMN report.voice_message.recording IS 'File below the data directory: mono, the caller alone. 留言录音文件。';

--
-- Name: COLUMN voice_message.recording_sha256; Type: COMMENT; Schema: report; Owner: hotline_owner
--

COMMENT ON COLUMN report.voice_message.recording_sha256 IS 'SHA-256 of that file, hex. 留言录音文件的 SHA-256。';

--
-- Name: COLUMN voice_message.heard_at; Type: COMMENT; Schema: report; Owner: hotline_owner
--

COMMENT ON COLUMN report.voice_message.heard_at IS 'Somebody has dealt with it; null: nobody yet. 处理时刻。';

--
-- Name: agent_state agent_state_pkey; Type: CONSTRAINT; Schema: hotline; Owner: hotline_owner
--

ALTER TABLE ONLY hotline.agent_state
    ADD CONSTRAINT agent_state_pkey PRIMARY KEY (agent);

--
-- Name: agent_stretch agent_stretch_pkey; Type: CONSTRAINT; Schema: hotline; Owner: hotline_owner
--

ALTER TABLE ONLY hotline.agent_stretch
    ADD CONSTRAINT agent_stretch_pkey PRIMARY KEY (epoch, seq, agent);

--
-- Name: application application_pkey; Type: CONSTRAINT; Schema: hotline; Owner: hotline_owner
--

ALTER TABLE ONLY hotline.application
    ADD CONSTRAINT application_pkey PRIMARY KEY (epoch, seq);

--
-- Name: call_code call_code_pkey; Type: CONSTRAINT; Schema: hotline; Owner: hotline_owner
--

ALTER TABLE ONLY hotline.call_code
    ADD CONSTRAINT call_code_pkey PRIMARY KEY (epoch, seq);

--
-- Name: call call_pkey; Type: CONSTRAINT; Schema: hotline; Owner: hotline_owner
--

ALTER TABLE ONLY hotline.call
    ADD CONSTRAINT call_pkey PRIMARY KEY (call_id);

--
-- Name: callback callback_pkey; Type: CONSTRAINT; Schema: hotline; Owner: hotline_owner
--

ALTER TABLE ONLY hotline.callback
    ADD CONSTRAINT callback_pkey PRIMARY KEY (callback_id);

--
-- Name: caller_language caller_language_pkey; Type: CONSTRAINT; Schema: hotline; Owner: hotline_owner
--

ALTER TABLE ONLY hotline.caller_language
    ADD CONSTRAINT caller_language_pkey PRIMARY KEY (caller);

--
-- Name: fact fact_pkey; Type: CONSTRAINT; Schema: hotline; Owner: hotline_owner
--

ALTER TABLE ONLY hotline.fact
    ADD CONSTRAINT fact_pkey PRIMARY KEY (epoch, seq);

--
-- Name: fact_rejected fact_rejected_pkey; Type: CONSTRAINT; Schema: hotline; Owner: hotline_owner
--

ALTER TABLE ONLY hotline.fact_rejected
    ADD CONSTRAINT fact_rejected_pkey PRIMARY KEY (epoch, seq);

--
-- Name: guard guard_pkey; Type: CONSTRAINT; Schema: hotline; Owner: hotline_owner
--

ALTER TABLE ONLY hotline.guard
    ADD CONSTRAINT guard_pkey PRIMARY KEY (scope, key);

--
-- Name: migration migration_pkey; Type: CONSTRAINT; Schema: hotline; Owner: hotline_owner
--

ALTER TABLE ONLY hotline.migration
    ADD CONSTRAINT migration_pkey PRIMARY KEY (version);

--
-- Name: open_call open_call_pkey; Type: CONSTRAINT; Schema: hotline; Owner: hotline_owner
--

ALTER TABLE ONLY hotline.open_call
    ADD CONSTRAINT open_call_pkey PRIMARY KEY (call_id);

--
-- Name: queue_groups queue_groups_pkey; Type: CONSTRAINT; Schema: hotline; Owner: hotline_owner
--

ALTER TABLE ONLY hotline.queue_groups
    ADD CONSTRAINT queue_groups_pkey PRIMARY KEY (epoch, seq);

--
-- Name: queue_visit queue_visit_pkey; Type: CONSTRAINT; Schema: hotline; Owner: hotline_owner
--

ALTER TABLE ONLY hotline.queue_visit
    ADD CONSTRAINT queue_visit_pkey PRIMARY KEY (epoch, seq);

--
-- Name: recording recording_pkey; Type: CONSTRAINT; Schema: hotline; Owner: hotline_owner
--

ALTER TABLE ONLY hotline.recording
    ADD CONSTRAINT recording_pkey PRIMARY KEY (call_id);

--
-- Name: report_file report_file_pkey; Type: CONSTRAINT; Schema: hotline; Owner: hotline_owner
--

ALTER TABLE ONLY hotline.report_file
    ADD CONSTRAINT report_file_pkey PRIMARY KEY (name);

--
-- Name: segment segment_pkey; Type: CONSTRAINT; Schema: hotline; Owner: hotline_owner
--

ALTER TABLE ONLY hotline.segment
    ADD CONSTRAINT segment_pkey PRIMARY KEY (epoch, seq);

--
-- Name: setting setting_pkey; Type: CONSTRAINT; Schema: hotline; Owner: hotline_owner
--

ALTER TABLE ONLY hotline.setting
    ADD CONSTRAINT setting_pkey PRIMARY KEY (name);

--
-- Name: sms_outbox sms_outbox_pkey; Type: CONSTRAINT; Schema: hotline; Owner: hotline_owner
--

ALTER TABLE ONLY hotline.sms_outbox
    ADD CONSTRAINT sms_outbox_pkey PRIMARY KEY (epoch, seq);

--
-- Name: survey survey_pkey; Type: CONSTRAINT; Schema: hotline; Owner: hotline_owner
--

ALTER TABLE ONLY hotline.survey
    ADD CONSTRAINT survey_pkey PRIMARY KEY (epoch, seq);

--
-- Name: voice_message voice_message_pkey; Type: CONSTRAINT; Schema: hotline; Owner: hotline_owner
--

ALTER TABLE ONLY hotline.voice_message
    ADD CONSTRAINT voice_message_pkey PRIMARY KEY (epoch, seq);

--
-- Name: wrap_up wrap_up_pkey; Type: CONSTRAINT; Schema: hotline; Owner: hotline_owner
--

ALTER TABLE ONLY hotline.wrap_up
    ADD CONSTRAINT wrap_up_pkey PRIMARY KEY (epoch, seq);

--
-- Name: agent_stretch_until; Type: INDEX; Schema: hotline; Owner: hotline_owner
--

CREATE INDEX agent_stretch_until ON hotline.agent_stretch USING btree (until_at);

--
-- Name: application_open; Type: INDEX; Schema: hotline; Owner: hotline_owner
--

CREATE INDEX application_open ON hotline.application USING btree (at) WHERE (handled_at IS NULL);

--
-- Name: call_called_out; Type: INDEX; Schema: hotline; Owner: hotline_owner
--

CREATE INDEX call_called_out ON hotline.call USING btree (called, started_at) WHERE (direction = 'out'::text);

--
-- Name: call_caller; Type: INDEX; Schema: hotline; Owner: hotline_owner
--

CREATE INDEX call_caller ON hotline.call USING btree (caller, started_at);

--
-- Name: call_code_call; Type: INDEX; Schema: hotline; Owner: hotline_owner
--

CREATE INDEX call_code_call ON hotline.call_code USING btree (call_id);

--
-- Name: call_started; Type: INDEX; Schema: hotline; Owner: hotline_owner
--

CREATE INDEX call_started ON hotline.call USING btree (started_at);

--
-- Name: callback_asked_at; Type: INDEX; Schema: hotline; Owner: hotline_owner
--

CREATE INDEX callback_asked_at ON hotline.callback USING btree (asked_at);

--
-- Name: callback_open; Type: INDEX; Schema: hotline; Owner: hotline_owner
--

CREATE INDEX callback_open ON hotline.callback USING btree (asked_at) WHERE (state = 'open'::text);

--
-- Name: fact_call; Type: INDEX; Schema: hotline; Owner: hotline_owner
--

CREATE INDEX fact_call ON hotline.fact USING btree (call_id) WHERE (call_id IS NOT NULL);

--
-- Name: fact_leg_measured; Type: INDEX; Schema: hotline; Owner: hotline_owner
--

CREATE INDEX fact_leg_measured ON hotline.fact USING btree (at) WHERE (kind = 'LegMeasured'::text);

--
-- Name: fact_menu_chosen; Type: INDEX; Schema: hotline; Owner: hotline_owner
--

CREATE INDEX fact_menu_chosen ON hotline.fact USING btree (at) WHERE (kind = 'MenuChosen'::text);

--
-- Name: fact_offered; Type: INDEX; Schema: hotline; Owner: hotline_owner
--

CREATE INDEX fact_offered ON hotline.fact USING btree (at) WHERE (kind = 'Offered'::text);

--
-- Name: fact_self_served; Type: INDEX; Schema: hotline; Owner: hotline_owner
--

CREATE INDEX fact_self_served ON hotline.fact USING btree (at) WHERE (kind = 'SelfServed'::text);

--
-- Name: fact_transferred; Type: INDEX; Schema: hotline; Owner: hotline_owner
--

CREATE INDEX fact_transferred ON hotline.fact USING btree (at) WHERE (kind = 'Transferred'::text);

--
-- Name: queue_groups_set; Type: INDEX; Schema: hotline; Owner: hotline_owner
--

CREATE INDEX queue_groups_set ON hotline.queue_groups USING btree (set_at, seq);

--
-- Name: queue_visit_entered; Type: INDEX; Schema: hotline; Owner: hotline_owner
--

CREATE INDEX queue_visit_entered ON hotline.queue_visit USING btree (entered_at);

--
-- Name: segment_call; Type: INDEX; Schema: hotline; Owner: hotline_owner
--

CREATE INDEX segment_call ON hotline.segment USING btree (call_id);

--
-- Name: segment_ended; Type: INDEX; Schema: hotline; Owner: hotline_owner
--

CREATE INDEX segment_ended ON hotline.segment USING btree (ended_at);

--
-- Name: sms_outbox_open; Type: INDEX; Schema: hotline; Owner: hotline_owner
--

CREATE INDEX sms_outbox_open ON hotline.sms_outbox USING btree (at) WHERE (sent_at IS NULL);

--
-- Name: survey_at; Type: INDEX; Schema: hotline; Owner: hotline_owner
--

CREATE INDEX survey_at ON hotline.survey USING btree (at);

--
-- Name: survey_call; Type: INDEX; Schema: hotline; Owner: hotline_owner
--

CREATE INDEX survey_call ON hotline.survey USING btree (call_id);

--
-- Name: voice_message_at; Type: INDEX; Schema: hotline; Owner: hotline_owner
--

CREATE INDEX voice_message_at ON hotline.voice_message USING btree (at);

--
-- Name: voice_message_call; Type: INDEX; Schema: hotline; Owner: hotline_owner
--

CREATE INDEX voice_message_call ON hotline.voice_message USING btree (call_id);

--
-- Name: wrap_up_call; Type: INDEX; Schema: hotline; Owner: hotline_owner
--

CREATE INDEX wrap_up_call ON hotline.wrap_up USING btree (call_id);

--
-- Name: wrap_up_ended; Type: INDEX; Schema: hotline; Owner: hotline_owner
--

CREATE INDEX wrap_up_ended ON hotline.wrap_up USING btree (ended_at);

--
-- Name: SCHEMA hotline; Type: ACL; Schema: -; Owner: hotline_owner
--

GRANT USAGE ON SCHEMA hotline TO hotline_app;

--
-- Name: SCHEMA report; Type: ACL; Schema: -; Owner: hotline_owner
--

GRANT USAGE ON SCHEMA report TO hotline_app;
GRANT USAGE ON SCHEMA report TO supervisor;

--
-- Name: FUNCTION ms_between(from_at timestamp with time zone, until_at timestamp with time zone); Type: ACL; Schema: hotline; Owner: hotline_owner
--

REVOKE ALL ON FUNCTION hotline.ms_between(from_at timestamp with time zone, until_at timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION hotline.ms_between(from_at timestamp with time zone, until_at timestamp with time zone) TO hotline_app;

--
-- Name: TABLE fact; Type: ACL; Schema: hotline; Owner: hotline_owner
--

GRANT SELECT,INSERT ON TABLE hotline.fact TO hotline_app;

--
-- Name: FUNCTION known_until(epoch bigint); Type: ACL; Schema: report; Owner: hotline_owner
--

REVOKE ALL ON FUNCTION report.known_until(epoch bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION report.known_until(epoch bigint) TO supervisor;
GRANT ALL ON FUNCTION report.known_until(epoch bigint) TO hotline_app;

--
-- Name: FUNCTION ms_within(ms bigint, from_at timestamp with time zone, until_at timestamp with time zone, part_from timestamp with time zone, part_until timestamp with time zone); Type: ACL; Schema: report; Owner: hotline_owner
--

REVOKE ALL ON FUNCTION report.ms_within(ms bigint, from_at timestamp with time zone, until_at timestamp with time zone, part_from timestamp with time zone, part_until timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION report.ms_within(ms bigint, from_at timestamp with time zone, until_at timestamp with time zone, part_from timestamp with time zone, part_until timestamp with time zone) TO supervisor;
GRANT ALL ON FUNCTION report.ms_within(ms bigint, from_at timestamp with time zone, until_at timestamp with time zone, part_from timestamp with time zone, part_until timestamp with time zone) TO hotline_app;

--
-- Name: TABLE setting; Type: ACL; Schema: hotline; Owner: hotline_owner
--

GRANT SELECT,INSERT,UPDATE ON TABLE hotline.setting TO hotline_app;

--
-- Name: FUNCTION zone(); Type: ACL; Schema: report; Owner: hotline_owner
--

REVOKE ALL ON FUNCTION report.zone() FROM PUBLIC;
GRANT ALL ON FUNCTION report.zone() TO supervisor;
GRANT ALL ON FUNCTION report.zone() TO hotline_app;

--
-- Name: TABLE agent_state; Type: ACL; Schema: hotline; Owner: hotline_owner
--

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE hotline.agent_state TO hotline_app;

--
-- Name: TABLE agent_stretch; Type: ACL; Schema: hotline; Owner: hotline_owner
--

GRANT SELECT,INSERT ON TABLE hotline.agent_stretch TO hotline_app;

--
-- Name: TABLE call; Type: ACL; Schema: hotline; Owner: hotline_owner
--

GRANT SELECT,INSERT ON TABLE hotline.call TO hotline_app;

--
-- Name: TABLE open_call; Type: ACL; Schema: hotline; Owner: hotline_owner
--

GRANT SELECT,INSERT,DELETE ON TABLE hotline.open_call TO hotline_app;

--
-- Name: TABLE segment; Type: ACL; Schema: hotline; Owner: hotline_owner
--

GRANT SELECT,INSERT ON TABLE hotline.segment TO hotline_app;

--
-- Name: TABLE wrap_up; Type: ACL; Schema: hotline; Owner: hotline_owner
--

GRANT SELECT,INSERT ON TABLE hotline.wrap_up TO hotline_app;

--
-- Name: FUNCTION agent_days(first date, last date); Type: ACL; Schema: report; Owner: hotline_owner
--

REVOKE ALL ON FUNCTION report.agent_days(first date, last date) FROM PUBLIC;
GRANT ALL ON FUNCTION report.agent_days(first date, last date) TO supervisor;
GRANT ALL ON FUNCTION report.agent_days(first date, last date) TO hotline_app;

--
-- Name: TABLE queue_visit; Type: ACL; Schema: hotline; Owner: hotline_owner
--

GRANT SELECT,INSERT ON TABLE hotline.queue_visit TO hotline_app;

--
-- Name: FUNCTION queue_hours(since timestamp with time zone, until timestamp with time zone, threshold_ms bigint, short_abandon_ms bigint); Type: ACL; Schema: report; Owner: hotline_owner
--

REVOKE ALL ON FUNCTION report.queue_hours(since timestamp with time zone, until timestamp with time zone, threshold_ms bigint, short_abandon_ms bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION report.queue_hours(since timestamp with time zone, until timestamp with time zone, threshold_ms bigint, short_abandon_ms bigint) TO supervisor;
GRANT ALL ON FUNCTION report.queue_hours(since timestamp with time zone, until timestamp with time zone, threshold_ms bigint, short_abandon_ms bigint) TO hotline_app;

--
-- Name: FUNCTION service_level(since timestamp with time zone, until timestamp with time zone, threshold_ms bigint, short_abandon_ms bigint); Type: ACL; Schema: report; Owner: hotline_owner
--

REVOKE ALL ON FUNCTION report.service_level(since timestamp with time zone, until timestamp with time zone, threshold_ms bigint, short_abandon_ms bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION report.service_level(since timestamp with time zone, until timestamp with time zone, threshold_ms bigint, short_abandon_ms bigint) TO supervisor;
GRANT ALL ON FUNCTION report.service_level(since timestamp with time zone, until timestamp with time zone, threshold_ms bigint, short_abandon_ms bigint) TO hotline_app;

--
-- Name: FUNCTION timeline(call text); Type: ACL; Schema: report; Owner: hotline_owner
--

REVOKE ALL ON FUNCTION report.timeline(call text) FROM PUBLIC;
GRANT ALL ON FUNCTION report.timeline(call text) TO supervisor;
GRANT ALL ON FUNCTION report.timeline(call text) TO hotline_app;

--
-- Name: TABLE application; Type: ACL; Schema: hotline; Owner: hotline_owner
--

GRANT SELECT,INSERT ON TABLE hotline.application TO hotline_app;

--
-- Name: TABLE call_code; Type: ACL; Schema: hotline; Owner: hotline_owner
--

GRANT SELECT,INSERT ON TABLE hotline.call_code TO hotline_app;

--
-- Name: TABLE callback; Type: ACL; Schema: hotline; Owner: hotline_owner
--

GRANT SELECT,INSERT,UPDATE ON TABLE hotline.callback TO hotline_app;

--
-- Name: TABLE caller_language; Type: ACL; Schema: hotline; Owner: hotline_owner
--

GRANT SELECT,INSERT,UPDATE ON TABLE hotline.caller_language TO hotline_app;

--
-- Name: TABLE fact_rejected; Type: ACL; Schema: hotline; Owner: hotline_owner
--

GRANT SELECT,INSERT ON TABLE hotline.fact_rejected TO hotline_app;

--
-- Name: TABLE guard; Type: ACL; Schema: hotline; Owner: hotline_owner
--

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE hotline.guard TO hotline_app;

--
-- Name: TABLE migration; Type: ACL; Schema: hotline; Owner: hotline_owner
--

GRANT SELECT ON TABLE hotline.migration TO hotline_app;

--
-- Name: TABLE queue_groups; Type: ACL; Schema: hotline; Owner: hotline_owner
--

GRANT SELECT,INSERT ON TABLE hotline.queue_groups TO hotline_app;

--
-- Name: TABLE recording; Type: ACL; Schema: hotline; Owner: hotline_owner
--

GRANT SELECT,INSERT ON TABLE hotline.recording TO hotline_app;

--
-- Name: TABLE sms_outbox; Type: ACL; Schema: hotline; Owner: hotline_owner
--

GRANT SELECT,INSERT ON TABLE hotline.sms_outbox TO hotline_app;

--
-- Name: TABLE survey; Type: ACL; Schema: hotline; Owner: hotline_owner
--

GRANT SELECT,INSERT ON TABLE hotline.survey TO hotline_app;

--
-- Name: TABLE voice_message; Type: ACL; Schema: hotline; Owner: hotline_owner
--

GRANT SELECT,INSERT ON TABLE hotline.voice_message TO hotline_app;

--
-- Name: COLUMN voice_message.heard_at; Type: ACL; Schema: hotline; Owner: hotline_owner
--

GRANT UPDATE(heard_at) ON TABLE hotline.voice_message TO hotline_app;

--
-- Name: TABLE agent_day; Type: ACL; Schema: report; Owner: hotline_owner
--

GRANT SELECT ON TABLE report.agent_day TO supervisor;
GRANT SELECT ON TABLE report.agent_day TO hotline_app;

--
-- Name: TABLE application; Type: ACL; Schema: report; Owner: hotline_owner
--

GRANT SELECT ON TABLE report.application TO supervisor;
GRANT SELECT ON TABLE report.application TO hotline_app;

--
-- Name: TABLE call; Type: ACL; Schema: report; Owner: hotline_owner
--

GRANT SELECT ON TABLE report.call TO supervisor;
GRANT SELECT ON TABLE report.call TO hotline_app;

--
-- Name: TABLE callback; Type: ACL; Schema: report; Owner: hotline_owner
--

GRANT SELECT ON TABLE report.callback TO supervisor;
GRANT SELECT ON TABLE report.callback TO hotline_app;

--
-- Name: TABLE decision; Type: ACL; Schema: report; Owner: hotline_owner
--

GRANT SELECT ON TABLE report.decision TO supervisor;
GRANT SELECT ON TABLE report.decision TO hotline_app;

--
-- Name: TABLE leg_quality; Type: ACL; Schema: report; Owner: hotline_owner
--

GRANT SELECT ON TABLE report.leg_quality TO supervisor;
GRANT SELECT ON TABLE report.leg_quality TO hotline_app;

--
-- Name: TABLE menu_choice; Type: ACL; Schema: report; Owner: hotline_owner
--

GRANT SELECT ON TABLE report.menu_choice TO supervisor;
GRANT SELECT ON TABLE report.menu_choice TO hotline_app;

--
-- Name: TABLE queue_group; Type: ACL; Schema: report; Owner: hotline_owner
--

GRANT SELECT ON TABLE report.queue_group TO supervisor;
GRANT SELECT ON TABLE report.queue_group TO hotline_app;

--
-- Name: TABLE queue_hour; Type: ACL; Schema: report; Owner: hotline_owner
--

GRANT SELECT ON TABLE report.queue_hour TO supervisor;
GRANT SELECT ON TABLE report.queue_hour TO hotline_app;

--
-- Name: TABLE segment; Type: ACL; Schema: report; Owner: hotline_owner
--

GRANT SELECT ON TABLE report.segment TO supervisor;
GRANT SELECT ON TABLE report.segment TO hotline_app;

--
-- Name: TABLE self_service; Type: ACL; Schema: report; Owner: hotline_owner
--

GRANT SELECT ON TABLE report.self_service TO supervisor;
GRANT SELECT ON TABLE report.self_service TO hotline_app;

--
-- Name: TABLE survey; Type: ACL; Schema: report; Owner: hotline_owner
--

GRANT SELECT ON TABLE report.survey TO supervisor;
GRANT SELECT ON TABLE report.survey TO hotline_app;

--
-- Name: TABLE transfer; Type: ACL; Schema: report; Owner: hotline_owner
--

GRANT SELECT ON TABLE report.transfer TO supervisor;
GRANT SELECT ON TABLE report.transfer TO hotline_app;

--
-- Name: TABLE voice_message; Type: ACL; Schema: report; Owner: hotline_owner
--

GRANT SELECT ON TABLE report.voice_message TO supervisor;
GRANT SELECT ON TABLE report.voice_message TO hotline_app;

--
-- PostgreSQL database dump complete
--

