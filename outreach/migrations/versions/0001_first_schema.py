"""First schema."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('area',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('parent_id', sa.Integer(), nullable=True),
    sa.Column('level', sa.String(length=32), nullable=False),
    sa.Column('name', sa.String(), nullable=False),
    sa.Column('code', sa.String(), nullable=False),
    sa.Column('path', sa.String(), nullable=False),
    sa.Column('latitude', sa.Double(), nullable=True),
    sa.Column('longitude', sa.Double(), nullable=True),
    sa.Column('boundary', sa.JSON(), nullable=True),
    sa.Column('is_active', sa.Boolean(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['parent_id'], ['area.id'], name=op.f('fk_area_parent_id_area')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_area')),
    sa.UniqueConstraint('parent_id', 'name', name=op.f('uq_area_parent_id_name'))
    )
    op.create_index(op.f('ix_area_parent_id'), 'area', ['parent_id'], unique=False)
    op.create_index(op.f('ix_area_path'), 'area', ['path'], unique=False)
    op.create_table('duty_mark',
    sa.Column('name', sa.String(), nullable=False),
    sa.Column('done_on', sa.Date(), nullable=False),
    sa.Column('done_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('name', name=op.f('pk_duty_mark'))
    )
    op.create_table('gateway_state',
    sa.Column('name', sa.String(), nullable=False),
    sa.Column('weight', sa.Double(), nullable=False),
    sa.Column('failures', sa.Integer(), nullable=False),
    sa.Column('opened_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('opened_reason', sa.String(), nullable=False),
    sa.Column('probe_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('not_before', sa.DateTime(timezone=True), nullable=True),
    sa.Column('alerted_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('pulled_until', sa.DateTime(timezone=True), nullable=True),
    sa.PrimaryKeyConstraint('name', name=op.f('pk_gateway_state'))
    )
    op.create_table('geocode_cache',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('provider', sa.String(), nullable=False),
    sa.Column('query_index', sa.LargeBinary(length=16), nullable=False),
    sa.Column('latitude', sa.Double(), nullable=True),
    sa.Column('longitude', sa.Double(), nullable=True),
    sa.Column('confidence', sa.String(length=32), nullable=True),
    sa.Column('asked_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('retry_at', sa.DateTime(timezone=True), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_geocode_cache')),
    sa.UniqueConstraint('provider', 'query_index', name=op.f('uq_geocode_cache_provider_query_index'))
    )
    op.create_index('ix_geocode_cache_asked_at', 'geocode_cache', ['asked_at'], unique=False)
    op.create_table('place',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('name', sa.String(), nullable=False),
    sa.Column('country', sa.String(), nullable=False),
    sa.Column('area_code', sa.String(), nullable=False),
    sa.Column('time_zone', sa.String(), nullable=False),
    sa.Column('id_scheme', sa.String(), nullable=False),
    sa.Column('minimum_age', sa.Integer(), nullable=False),
    sa.Column('date_order', sa.String(), nullable=False),
    sa.Column('languages', sa.JSON(), nullable=False),
    sa.Column('level_names', sa.JSON(), nullable=False),
    sa.Column('map_datum', sa.String(), nullable=False),
    sa.Column('holidays', sa.String(), nullable=False),
    sa.Column('opens', sa.Time(), nullable=False),
    sa.Column('rest_from', sa.Time(), nullable=True),
    sa.Column('rest_until', sa.Time(), nullable=True),
    sa.Column('closes', sa.Time(), nullable=False),
    sa.Column('ride_opens', sa.Time(), nullable=False),
    sa.Column('ride_closes', sa.Time(), nullable=False),
    sa.Column('duty_phone', sa.String(), nullable=False),
    sa.Column('is_demo', sa.Boolean(), nullable=False),
    sa.Column('clock_offset_s', sa.Double(), nullable=False),
    sa.Column('key_fingerprint', sa.String(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_place'))
    )
    op.create_table('rollup_state',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('on', sa.Date(), nullable=False),
    sa.Column('rebuilt_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('proved_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('differences', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_rollup_state'))
    )
    op.create_table('simulated_text',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('uuid', sa.String(), nullable=False),
    sa.Column('number_index', sa.LargeBinary(length=16), nullable=False),
    sa.Column('number_sealed', sa.LargeBinary(), nullable=False),
    sa.Column('is_outbound', sa.Boolean(), nullable=False),
    sa.Column('channel', sa.String(length=32), nullable=False),
    sa.Column('body', sa.String(), nullable=False),
    sa.Column('reference', sa.String(), nullable=False),
    sa.Column('keypad', sa.String(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_simulated_text')),
    sa.UniqueConstraint('uuid', name=op.f('uq_simulated_text_uuid'))
    )
    op.create_index('ix_simulated_text_number', 'simulated_text', ['number_index', 'id'], unique=False)
    op.create_index(op.f('ix_simulated_text_reference'), 'simulated_text', ['reference'], unique=False)
    op.create_table('snapshot',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('on', sa.Date(), nullable=False),
    sa.Column('frozen_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('entries', sa.Integer(), nullable=False),
    sa.Column('changes', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_snapshot')),
    sa.UniqueConstraint('on', name=op.f('uq_snapshot_on'))
    )
    op.create_table('throttle_event',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('bucket', sa.String(), nullable=False),
    sa.Column('who', sa.LargeBinary(length=16), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_throttle_event'))
    )
    op.create_index('ix_throttle_event_bucket_who_at', 'throttle_event', ['bucket', 'who', 'at'], unique=False)
    op.create_table('trial_number',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('uuid', sa.String(), nullable=False),
    sa.Column('number_index', sa.LargeBinary(length=16), nullable=False),
    sa.Column('number_sealed', sa.LargeBinary(), nullable=False),
    sa.Column('label', sa.String(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_trial_number')),
    sa.UniqueConstraint('number_index', name=op.f('uq_trial_number_number_index')),
    sa.UniqueConstraint('uuid', name=op.f('uq_trial_number_uuid'))
    )
    op.create_table('user',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('username', sa.String(), nullable=False),
    sa.Column('display_name', sa.String(), nullable=False),
    sa.Column('password_hash', sa.String(), nullable=True),
    sa.Column('is_active', sa.Boolean(), nullable=False),
    sa.Column('session_epoch', sa.Integer(), nullable=False),
    sa.Column('language', sa.String(), nullable=False),
    sa.Column('idle_lock_minutes', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('last_login_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_user')),
    sa.UniqueConstraint('username', name=op.f('uq_user_username'))
    )
    op.create_table('vaccine',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('code', sa.String(), nullable=False),
    sa.Column('name_zh', sa.String(), nullable=False),
    sa.Column('name_en', sa.String(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_vaccine')),
    sa.UniqueConstraint('code', name=op.f('uq_vaccine_code'))
    )
    op.create_table('worker_beat',
    sa.Column('name', sa.String(), nullable=False),
    sa.Column('started_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('beat_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('is_ticking', sa.Boolean(), nullable=False),
    sa.Column('clock_jumped_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('clock_jumped_s', sa.Double(), nullable=True),
    sa.PrimaryKeyConstraint('name', name=op.f('pk_worker_beat'))
    )
    op.create_table('address',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('area_id', sa.Integer(), nullable=True),
    sa.Column('text', sa.String(), nullable=False),
    sa.Column('building', sa.String(), nullable=False),
    sa.Column('unit', sa.String(), nullable=False),
    sa.Column('floor', sa.Integer(), nullable=True),
    sa.Column('has_lift', sa.Boolean(), nullable=True),
    sa.Column('latitude', sa.Double(), nullable=True),
    sa.Column('longitude', sa.Double(), nullable=True),
    sa.Column('point_source', sa.String(length=32), nullable=True),
    sa.Column('point_confidence', sa.String(length=32), nullable=True),
    sa.Column('source_datum', sa.String(), nullable=False),
    sa.Column('access_note', sa.String(), nullable=False),
    sa.Column('stopped_latitude', sa.Double(), nullable=True),
    sa.Column('stopped_longitude', sa.Double(), nullable=True),
    sa.Column('stopped_checked_by', sa.Integer(), nullable=True),
    sa.Column('learned_load_s', sa.Integer(), nullable=True),
    sa.Column('located_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['area_id'], ['area.id'], name=op.f('fk_address_area_id_area')),
    sa.ForeignKeyConstraint(['stopped_checked_by'], ['user.id'], name=op.f('fk_address_stopped_checked_by_user')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_address'))
    )
    op.create_index(op.f('ix_address_area_id'), 'address', ['area_id'], unique=False)
    op.create_table('answer_card',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('code', sa.String(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('topic', sa.String(), nullable=False),
    sa.Column('title_zh', sa.String(), nullable=False),
    sa.Column('title_en', sa.String(), nullable=False),
    sa.Column('body_zh', sa.String(), nullable=False),
    sa.Column('body_en', sa.String(), nullable=False),
    sa.Column('author_id', sa.Integer(), nullable=True),
    sa.Column('reviewed_by', sa.Integer(), nullable=True),
    sa.Column('review_on', sa.Date(), nullable=True),
    sa.Column('is_active', sa.Boolean(), nullable=False),
    sa.Column('made_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['author_id'], ['user.id'], name=op.f('fk_answer_card_author_id_user')),
    sa.ForeignKeyConstraint(['reviewed_by'], ['user.id'], name=op.f('fk_answer_card_reviewed_by_user')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_answer_card')),
    sa.UniqueConstraint('code', 'version', name=op.f('uq_answer_card_code_version'))
    )
    op.create_table('audit_entry',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=True),
    sa.Column('actor', sa.String(), nullable=False),
    sa.Column('act', sa.String(), nullable=False),
    sa.Column('subject_kind', sa.String(), nullable=False),
    sa.Column('subject_id', sa.Integer(), nullable=True),
    sa.Column('facts', sa.JSON(), nullable=False),
    sa.Column('reason', sa.String(), nullable=False),
    sa.Column('sequence', sa.Integer(), nullable=True),
    sa.Column('previous_hash', sa.LargeBinary(length=32), nullable=True),
    sa.Column('hash', sa.LargeBinary(length=32), nullable=True),
    sa.ForeignKeyConstraint(['user_id'], ['user.id'], name=op.f('fk_audit_entry_user_id_user')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_audit_entry')),
    sa.UniqueConstraint('sequence', name=op.f('uq_audit_entry_sequence'))
    )
    op.create_index('ix_audit_entry_subject', 'audit_entry', ['subject_kind', 'subject_id', 'at'], unique=False)
    op.create_index('ix_audit_entry_user_at', 'audit_entry', ['user_id', 'at'], unique=False)
    op.create_table('column_memory',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('community_id', sa.Integer(), nullable=False),
    sa.Column('header_signature', sa.String(), nullable=False),
    sa.Column('columns', sa.JSON(), nullable=False),
    sa.Column('confirmed_by', sa.Integer(), nullable=True),
    sa.Column('confirmed_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['community_id'], ['area.id'], name=op.f('fk_column_memory_community_id_area')),
    sa.ForeignKeyConstraint(['confirmed_by'], ['user.id'], name=op.f('fk_column_memory_confirmed_by_user')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_column_memory')),
    sa.UniqueConstraint('community_id', 'header_signature', name=op.f('uq_column_memory_community_id_header_signature'))
    )
    op.create_table('compound',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('community_id', sa.Integer(), nullable=False),
    sa.Column('name', sa.String(), nullable=False),
    sa.Column('aliases', sa.JSON(), nullable=False),
    sa.Column('latitude', sa.Double(), nullable=False),
    sa.Column('longitude', sa.Double(), nullable=False),
    sa.Column('gate_note', sa.String(), nullable=False),
    sa.ForeignKeyConstraint(['community_id'], ['area.id'], name=op.f('fk_compound_community_id_area')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_compound')),
    sa.UniqueConstraint('community_id', 'name', name=op.f('uq_compound_community_id_name'))
    )
    op.create_index(op.f('ix_compound_community_id'), 'compound', ['community_id'], unique=False)
    op.create_table('day_closing',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('on', sa.Date(), nullable=False),
    sa.Column('area_id', sa.Integer(), nullable=False),
    sa.Column('brought', sa.Integer(), nullable=False),
    sa.Column('handed_over', sa.Integer(), nullable=False),
    sa.Column('closed_by', sa.Integer(), nullable=True),
    sa.Column('closed_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['area_id'], ['area.id'], name=op.f('fk_day_closing_area_id_area')),
    sa.ForeignKeyConstraint(['closed_by'], ['user.id'], name=op.f('fk_day_closing_closed_by_user')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_day_closing')),
    sa.UniqueConstraint('on', 'area_id', name=op.f('uq_day_closing_on_area_id'))
    )
    op.create_table('driver',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('uuid', sa.String(), nullable=False),
    sa.Column('name', sa.String(), nullable=False),
    sa.Column('area_id', sa.Integer(), nullable=False),
    sa.Column('phone_sealed', sa.LargeBinary(), nullable=True),
    sa.Column('phone_index', sa.LargeBinary(length=16), nullable=True),
    sa.Column('licence_until', sa.Date(), nullable=True),
    sa.Column('max_minutes_a_day', sa.Integer(), nullable=False),
    sa.Column('dialect', sa.String(), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=True),
    sa.Column('is_active', sa.Boolean(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['area_id'], ['area.id'], name=op.f('fk_driver_area_id_area')),
    sa.ForeignKeyConstraint(['user_id'], ['user.id'], name=op.f('fk_driver_user_id_user')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_driver')),
    sa.UniqueConstraint('uuid', name=op.f('uq_driver_uuid'))
    )
    op.create_index(op.f('ix_driver_area_id'), 'driver', ['area_id'], unique=False)
    op.create_table('escalation',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('cause', sa.String(), nullable=False),
    sa.Column('cause_key', sa.String(), nullable=False),
    sa.Column('subject_id', sa.Integer(), nullable=False),
    sa.Column('from_area_id', sa.Integer(), nullable=False),
    sa.Column('area_id', sa.Integer(), nullable=False),
    sa.Column('level', sa.Integer(), nullable=False),
    sa.Column('overdue_since', sa.Date(), nullable=False),
    sa.Column('climbed_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('seen_by', sa.Integer(), nullable=True),
    sa.Column('seen_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['area_id'], ['area.id'], name=op.f('fk_escalation_area_id_area')),
    sa.ForeignKeyConstraint(['from_area_id'], ['area.id'], name=op.f('fk_escalation_from_area_id_area')),
    sa.ForeignKeyConstraint(['seen_by'], ['user.id'], name=op.f('fk_escalation_seen_by_user')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_escalation')),
    sa.UniqueConstraint('cause_key', 'level', name=op.f('uq_escalation_cause_key_level'))
    )
    op.create_index('ix_escalation_area', 'escalation', ['area_id', 'ended_at'], unique=False)
    op.create_table('escort',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('uuid', sa.String(), nullable=False),
    sa.Column('name', sa.String(), nullable=False),
    sa.Column('sex', sa.String(length=32), nullable=False),
    sa.Column('area_id', sa.Integer(), nullable=False),
    sa.Column('phone_sealed', sa.LargeBinary(), nullable=True),
    sa.Column('phone_index', sa.LargeBinary(length=16), nullable=True),
    sa.Column('dialect', sa.String(), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=True),
    sa.Column('is_active', sa.Boolean(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['area_id'], ['area.id'], name=op.f('fk_escort_area_id_area')),
    sa.ForeignKeyConstraint(['user_id'], ['user.id'], name=op.f('fk_escort_user_id_user')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_escort')),
    sa.UniqueConstraint('uuid', name=op.f('uq_escort_uuid'))
    )
    op.create_index(op.f('ix_escort_area_id'), 'escort', ['area_id'], unique=False)
    op.create_table('one_time_link',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('token_hash', sa.LargeBinary(length=32), nullable=False),
    sa.Column('purpose', sa.String(length=32), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=True),
    sa.Column('made_by', sa.Integer(), nullable=True),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('used_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['made_by'], ['user.id'], name=op.f('fk_one_time_link_made_by_user')),
    sa.ForeignKeyConstraint(['user_id'], ['user.id'], name=op.f('fk_one_time_link_user_id_user')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_one_time_link')),
    sa.UniqueConstraint('token_hash', name=op.f('uq_one_time_link_token_hash'))
    )
    op.create_table('oversight_request',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('area_id', sa.Integer(), nullable=False),
    sa.Column('asked_by', sa.Integer(), nullable=False),
    sa.Column('asked_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('text', sa.String(), nullable=False),
    sa.Column('due_on', sa.Date(), nullable=False),
    sa.Column('answer', sa.String(), nullable=False),
    sa.Column('done_by', sa.Integer(), nullable=True),
    sa.Column('done_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['area_id'], ['area.id'], name=op.f('fk_oversight_request_area_id_area')),
    sa.ForeignKeyConstraint(['asked_by'], ['user.id'], name=op.f('fk_oversight_request_asked_by_user')),
    sa.ForeignKeyConstraint(['done_by'], ['user.id'], name=op.f('fk_oversight_request_done_by_user')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_oversight_request'))
    )
    op.create_index('ix_oversight_request_area', 'oversight_request', ['area_id', 'done_at'], unique=False)
    op.create_table('product',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('vaccine_id', sa.Integer(), nullable=False),
    sa.Column('code', sa.String(), nullable=False),
    sa.Column('name_zh', sa.String(), nullable=False),
    sa.Column('name_en', sa.String(), nullable=False),
    sa.Column('platform', sa.String(), nullable=False),
    sa.Column('aliases', sa.JSON(), nullable=False),
    sa.Column('is_active', sa.Boolean(), nullable=False),
    sa.ForeignKeyConstraint(['vaccine_id'], ['vaccine.id'], name=op.f('fk_product_vaccine_id_vaccine')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_product')),
    sa.UniqueConstraint('code', name=op.f('uq_product_code'))
    )
    op.create_index(op.f('ix_product_vaccine_id'), 'product', ['vaccine_id'], unique=False)
    op.create_table('report_form',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('area_id', sa.Integer(), nullable=False),
    sa.Column('name', sa.String(), nullable=False),
    sa.Column('file', sa.LargeBinary(), nullable=False),
    sa.Column('cells', sa.JSON(), nullable=False),
    sa.Column('marks', sa.JSON(), nullable=False),
    sa.Column('made_by', sa.Integer(), nullable=True),
    sa.Column('made_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['area_id'], ['area.id'], name=op.f('fk_report_form_area_id_area')),
    sa.ForeignKeyConstraint(['made_by'], ['user.id'], name=op.f('fk_report_form_made_by_user')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_report_form'))
    )
    op.create_index(op.f('ix_report_form_area_id'), 'report_form', ['area_id'], unique=False)
    op.create_table('role_grant',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=False),
    sa.Column('role', sa.String(length=32), nullable=False),
    sa.Column('area_id', sa.Integer(), nullable=False),
    sa.Column('sees_names', sa.Boolean(), nullable=False),
    sa.Column('granted_by', sa.Integer(), nullable=True),
    sa.Column('granted_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('revoked_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['area_id'], ['area.id'], name=op.f('fk_role_grant_area_id_area')),
    sa.ForeignKeyConstraint(['granted_by'], ['user.id'], name=op.f('fk_role_grant_granted_by_user')),
    sa.ForeignKeyConstraint(['user_id'], ['user.id'], name=op.f('fk_role_grant_user_id_user')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_role_grant'))
    )
    op.create_index(op.f('ix_role_grant_user_id'), 'role_grant', ['user_id'], unique=False)
    op.create_table('rollup_touch',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('community_id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['community_id'], ['area.id'], name=op.f('fk_rollup_touch_community_id_area')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_rollup_touch'))
    )
    op.create_index(op.f('ix_rollup_touch_community_id'), 'rollup_touch', ['community_id'], unique=False)
    op.create_table('rule_set',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('code', sa.String(), nullable=False),
    sa.Column('version', sa.String(), nullable=False),
    sa.Column('vaccine_code', sa.String(), nullable=False),
    sa.Column('jurisdiction', sa.String(), nullable=False),
    sa.Column('valid_from', sa.Date(), nullable=False),
    sa.Column('valid_to', sa.Date(), nullable=True),
    sa.Column('body', sa.JSON(), nullable=False),
    sa.Column('source', sa.String(), nullable=False),
    sa.Column('activated_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('activated_by', sa.Integer(), nullable=True),
    sa.ForeignKeyConstraint(['activated_by'], ['user.id'], name=op.f('fk_rule_set_activated_by_user')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_rule_set')),
    sa.UniqueConstraint('code', 'version', name=op.f('uq_rule_set_code_version'))
    )
    op.create_index(op.f('ix_rule_set_vaccine_code'), 'rule_set', ['vaccine_code'], unique=False)
    op.create_table('saved_view',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=False),
    sa.Column('page', sa.String(), nullable=False),
    sa.Column('name', sa.String(), nullable=False),
    sa.Column('query', sa.String(), nullable=False),
    sa.Column('is_shared', sa.Boolean(), nullable=False),
    sa.Column('made_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['user_id'], ['user.id'], name=op.f('fk_saved_view_user_id_user')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_saved_view')),
    sa.UniqueConstraint('user_id', 'page', 'name', name=op.f('uq_saved_view_user_id_page_name'))
    )
    op.create_table('sending_control',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('paused_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('paused_reason', sa.String(), nullable=False),
    sa.Column('paused_by', sa.Integer(), nullable=True),
    sa.Column('is_trial', sa.Boolean(), nullable=False),
    sa.Column('hold_created_before', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['paused_by'], ['user.id'], name=op.f('fk_sending_control_paused_by_user')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_sending_control'))
    )
    op.create_table('sitting',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('token_hash', sa.LargeBinary(length=32), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=False),
    sa.Column('epoch', sa.Integer(), nullable=False),
    sa.Column('started_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('seen_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('is_locked', sa.Boolean(), nullable=False),
    sa.ForeignKeyConstraint(['user_id'], ['user.id'], name=op.f('fk_sitting_user_id_user')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_sitting')),
    sa.UniqueConstraint('token_hash', name=op.f('uq_sitting_token_hash'))
    )
    op.create_index(op.f('ix_sitting_seen_at'), 'sitting', ['seen_at'], unique=False)
    op.create_index(op.f('ix_sitting_user_id'), 'sitting', ['user_id'], unique=False)
    op.create_table('task',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.String(), nullable=False),
    sa.Column('arguments', sa.JSON(), nullable=False),
    sa.Column('state', sa.String(length=32), nullable=False),
    sa.Column('progress', sa.Double(), nullable=False),
    sa.Column('stage', sa.String(), nullable=False),
    sa.Column('best', sa.JSON(), nullable=True),
    sa.Column('result', sa.JSON(), nullable=True),
    sa.Column('error', sa.String(), nullable=False),
    sa.Column('cancel_asked_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('asked_by', sa.Integer(), nullable=True),
    sa.Column('asked_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('started_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('attempts', sa.Integer(), nullable=False),
    sa.Column('lease_until', sa.DateTime(timezone=True), nullable=True),
    sa.Column('token', sa.String(), nullable=False),
    sa.ForeignKeyConstraint(['asked_by'], ['user.id'], name=op.f('fk_task_asked_by_user')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_task'))
    )
    op.create_index('ix_task_state', 'task', ['state', 'id'], unique=False)
    op.create_table('campaign',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('code', sa.String(), nullable=False),
    sa.Column('name_zh', sa.String(), nullable=False),
    sa.Column('name_en', sa.String(), nullable=False),
    sa.Column('vaccine_id', sa.Integer(), nullable=False),
    sa.Column('rule_set_id', sa.Integer(), nullable=True),
    sa.Column('area_id', sa.Integer(), nullable=True),
    sa.Column('state', sa.String(length=32), nullable=False),
    sa.Column('minimum_age', sa.Integer(), nullable=False),
    sa.Column('target_dose', sa.Integer(), nullable=True),
    sa.Column('closing_grade', sa.String(), nullable=False),
    sa.Column('opens_on', sa.Date(), nullable=False),
    sa.Column('closes_on', sa.Date(), nullable=True),
    sa.Column('retain_until', sa.Date(), nullable=True),
    sa.Column('sending_paused_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('sending_cancelled_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('signature', sa.String(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['area_id'], ['area.id'], name=op.f('fk_campaign_area_id_area')),
    sa.ForeignKeyConstraint(['rule_set_id'], ['rule_set.id'], name=op.f('fk_campaign_rule_set_id_rule_set')),
    sa.ForeignKeyConstraint(['vaccine_id'], ['vaccine.id'], name=op.f('fk_campaign_vaccine_id_vaccine')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_campaign')),
    sa.UniqueConstraint('code', name=op.f('uq_campaign_code'))
    )
    op.create_table('field_link',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('token_hash', sa.LargeBinary(length=32), nullable=False),
    sa.Column('code_hash', sa.LargeBinary(length=32), nullable=True),
    sa.Column('kind', sa.String(length=32), nullable=False),
    sa.Column('driver_id', sa.Integer(), nullable=True),
    sa.Column('escort_id', sa.Integer(), nullable=True),
    sa.Column('on', sa.Date(), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('revoked_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('device_hash', sa.LargeBinary(length=32), nullable=True),
    sa.Column('waiting_device_hash', sa.LargeBinary(length=32), nullable=True),
    sa.Column('made_by', sa.Integer(), nullable=True),
    sa.Column('made_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('shares_position', sa.Boolean(), nullable=False),
    sa.ForeignKeyConstraint(['driver_id'], ['driver.id'], name=op.f('fk_field_link_driver_id_driver')),
    sa.ForeignKeyConstraint(['escort_id'], ['escort.id'], name=op.f('fk_field_link_escort_id_escort')),
    sa.ForeignKeyConstraint(['made_by'], ['user.id'], name=op.f('fk_field_link_made_by_user')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_field_link')),
    sa.UniqueConstraint('token_hash', name=op.f('uq_field_link_token_hash'))
    )
    op.create_index(op.f('ix_field_link_code_hash'), 'field_link', ['code_hash'], unique=False)
    op.create_index('ix_field_link_day', 'field_link', ['on'], unique=False)
    op.create_table('household',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('area_id', sa.Integer(), nullable=False),
    sa.Column('address_id', sa.Integer(), nullable=True),
    sa.Column('building', sa.String(), nullable=False),
    sa.Column('unit', sa.String(), nullable=False),
    sa.Column('floor', sa.Integer(), nullable=True),
    sa.Column('has_lift', sa.Boolean(), nullable=True),
    sa.Column('stairwell', sa.String(), nullable=False),
    sa.Column('snoozed_until', sa.Date(), nullable=True),
    sa.Column('snooze_reason', sa.String(), nullable=False),
    sa.Column('mourning_until', sa.Date(), nullable=True),
    sa.ForeignKeyConstraint(['address_id'], ['address.id'], name=op.f('fk_household_address_id_address')),
    sa.ForeignKeyConstraint(['area_id'], ['area.id'], name=op.f('fk_household_area_id_area')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_household'))
    )
    op.create_index(op.f('ix_household_area_id'), 'household', ['area_id'], unique=False)
    op.create_index(op.f('ix_household_stairwell'), 'household', ['stairwell'], unique=False)
    op.create_table('leave',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('driver_id', sa.Integer(), nullable=True),
    sa.Column('escort_id', sa.Integer(), nullable=True),
    sa.Column('from_on', sa.Date(), nullable=False),
    sa.Column('until_on', sa.Date(), nullable=False),
    sa.Column('reason', sa.String(), nullable=False),
    sa.ForeignKeyConstraint(['driver_id'], ['driver.id'], name=op.f('fk_leave_driver_id_driver')),
    sa.ForeignKeyConstraint(['escort_id'], ['escort.id'], name=op.f('fk_leave_escort_id_escort')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_leave'))
    )
    op.create_table('plan',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('on', sa.Date(), nullable=False),
    sa.Column('area_id', sa.Integer(), nullable=True),
    sa.Column('state', sa.String(length=32), nullable=False),
    sa.Column('task_id', sa.Integer(), nullable=True),
    sa.Column('inputs', sa.JSON(), nullable=False),
    sa.Column('result', sa.JSON(), nullable=False),
    sa.Column('made_by', sa.Integer(), nullable=True),
    sa.Column('made_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('decided_by', sa.Integer(), nullable=True),
    sa.Column('decided_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['area_id'], ['area.id'], name=op.f('fk_plan_area_id_area')),
    sa.ForeignKeyConstraint(['decided_by'], ['user.id'], name=op.f('fk_plan_decided_by_user')),
    sa.ForeignKeyConstraint(['made_by'], ['user.id'], name=op.f('fk_plan_made_by_user')),
    sa.ForeignKeyConstraint(['task_id'], ['task.id'], name=op.f('fk_plan_task_id_task')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_plan'))
    )
    op.create_index(op.f('ix_plan_on'), 'plan', ['on'], unique=False)
    op.create_table('product_batch',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('product_id', sa.Integer(), nullable=False),
    sa.Column('number', sa.String(), nullable=False),
    sa.Column('expires_on', sa.Date(), nullable=True),
    sa.Column('quarantined_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('quarantined_by', sa.Integer(), nullable=True),
    sa.Column('quarantine_reason', sa.String(), nullable=False),
    sa.ForeignKeyConstraint(['product_id'], ['product.id'], name=op.f('fk_product_batch_product_id_product')),
    sa.ForeignKeyConstraint(['quarantined_by'], ['user.id'], name=op.f('fk_product_batch_quarantined_by_user')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_product_batch')),
    sa.UniqueConstraint('product_id', 'number', name=op.f('uq_product_batch_product_id_number'))
    )
    op.create_table('site',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('name', sa.String(), nullable=False),
    sa.Column('area_id', sa.Integer(), nullable=False),
    sa.Column('address_id', sa.Integer(), nullable=False),
    sa.Column('phone', sa.String(), nullable=False),
    sa.Column('entrance_note', sa.String(), nullable=False),
    sa.Column('is_active', sa.Boolean(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['address_id'], ['address.id'], name=op.f('fk_site_address_id_address')),
    sa.ForeignKeyConstraint(['area_id'], ['area.id'], name=op.f('fk_site_area_id_area')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_site')),
    sa.UniqueConstraint('name', name=op.f('uq_site_name'))
    )
    op.create_index(op.f('ix_site_area_id'), 'site', ['area_id'], unique=False)
    op.create_table('vehicle',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('plate', sa.String(), nullable=False),
    sa.Column('label', sa.String(), nullable=False),
    sa.Column('area_id', sa.Integer(), nullable=False),
    sa.Column('depot_address_id', sa.Integer(), nullable=False),
    sa.Column('seats', sa.Integer(), nullable=False),
    sa.Column('wheelchair_places', sa.Integer(), nullable=False),
    sa.Column('seats_lost_per_chair', sa.Integer(), nullable=False),
    sa.Column('has_ramp', sa.Boolean(), nullable=False),
    sa.Column('insured_until', sa.Date(), nullable=True),
    sa.Column('inspected_until', sa.Date(), nullable=True),
    sa.Column('lender', sa.String(), nullable=False),
    sa.Column('out_of_service_from', sa.Date(), nullable=True),
    sa.Column('out_of_service_until', sa.Date(), nullable=True),
    sa.Column('out_of_service_reason', sa.String(), nullable=False),
    sa.Column('is_active', sa.Boolean(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.CheckConstraint('seats >= 0 AND wheelchair_places >= 0', name=op.f('ck_vehicle_places')),
    sa.CheckConstraint('seats_lost_per_chair >= 0', name=op.f('ck_vehicle_seats_lost')),
    sa.ForeignKeyConstraint(['area_id'], ['area.id'], name=op.f('fk_vehicle_area_id_area')),
    sa.ForeignKeyConstraint(['depot_address_id'], ['address.id'], name=op.f('fk_vehicle_depot_address_id_address')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_vehicle')),
    sa.UniqueConstraint('plate', name=op.f('uq_vehicle_plate'))
    )
    op.create_index(op.f('ix_vehicle_area_id'), 'vehicle', ['area_id'], unique=False)
    op.create_table('cadence_step',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('campaign_id', sa.Integer(), nullable=True),
    sa.Column('step', sa.String(length=32), nullable=False),
    sa.Column('purpose', sa.String(length=32), nullable=False),
    sa.Column('channel', sa.String(length=32), nullable=False),
    sa.Column('anchor', sa.String(), nullable=False),
    sa.Column('offset_days', sa.Integer(), nullable=False),
    sa.Column('offset_minutes', sa.Integer(), nullable=False),
    sa.Column('at_local', sa.Time(), nullable=True),
    sa.Column('audience', sa.String(), nullable=False),
    sa.Column('expires_after_minutes', sa.Integer(), nullable=False),
    sa.Column('is_active', sa.Boolean(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['campaign_id'], ['campaign.id'], name=op.f('fk_cadence_step_campaign_id_campaign')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_cadence_step')),
    sa.UniqueConstraint('campaign_id', 'step', 'channel', name=op.f('uq_cadence_step_campaign_id_step_channel'))
    )
    op.create_table('experiment',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('campaign_id', sa.Integer(), nullable=False),
    sa.Column('name', sa.String(), nullable=False),
    sa.Column('step', sa.String(length=32), nullable=False),
    sa.Column('planned_households', sa.Integer(), nullable=False),
    sa.Column('outcome_days', sa.Integer(), nullable=False),
    sa.Column('approved_by', sa.Integer(), nullable=True),
    sa.Column('approved_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('stopped_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('stop_reason', sa.String(), nullable=False),
    sa.Column('seed', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['approved_by'], ['user.id'], name=op.f('fk_experiment_approved_by_user')),
    sa.ForeignKeyConstraint(['campaign_id'], ['campaign.id'], name=op.f('fk_experiment_campaign_id_campaign')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_experiment'))
    )
    op.create_table('import_batch',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('uuid', sa.String(), nullable=False),
    sa.Column('kind', sa.String(), nullable=False),
    sa.Column('community_id', sa.Integer(), nullable=False),
    sa.Column('campaign_id', sa.Integer(), nullable=True),
    sa.Column('filename', sa.String(), nullable=False),
    sa.Column('content_hash', sa.String(), nullable=False),
    sa.Column('as_of', sa.Date(), nullable=False),
    sa.Column('state', sa.String(length=32), nullable=False),
    sa.Column('columns', sa.JSON(), nullable=False),
    sa.Column('counts', sa.JSON(), nullable=False),
    sa.Column('match_rate', sa.Double(), nullable=True),
    sa.Column('is_forced', sa.Boolean(), nullable=False),
    sa.Column('rows_done', sa.Integer(), nullable=False),
    sa.Column('rows_expected', sa.Integer(), nullable=False),
    sa.Column('landed_through', sa.Integer(), nullable=False),
    sa.Column('lease_until', sa.DateTime(timezone=True), nullable=True),
    sa.Column('lease_holder', sa.String(), nullable=False),
    sa.Column('task_id', sa.Integer(), nullable=True),
    sa.Column('error_code', sa.String(), nullable=False),
    sa.Column('error_facts', sa.JSON(), nullable=False),
    sa.Column('uploaded_by', sa.Integer(), nullable=True),
    sa.Column('uploaded_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('committed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('undone_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['campaign_id'], ['campaign.id'], name=op.f('fk_import_batch_campaign_id_campaign')),
    sa.ForeignKeyConstraint(['community_id'], ['area.id'], name=op.f('fk_import_batch_community_id_area')),
    sa.ForeignKeyConstraint(['task_id'], ['task.id'], name=op.f('fk_import_batch_task_id_task')),
    sa.ForeignKeyConstraint(['uploaded_by'], ['user.id'], name=op.f('fk_import_batch_uploaded_by_user')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_import_batch')),
    sa.UniqueConstraint('uuid', name=op.f('uq_import_batch_uuid'))
    )
    op.create_index('ix_import_batch_community', 'import_batch', ['community_id', 'uploaded_at'], unique=False)
    op.create_index(op.f('ix_import_batch_content_hash'), 'import_batch', ['content_hash'], unique=False)
    op.create_table('notice',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('campaign_id', sa.Integer(), nullable=False),
    sa.Column('area_id', sa.Integer(), nullable=False),
    sa.Column('title', sa.String(), nullable=False),
    sa.Column('body', sa.String(), nullable=False),
    sa.Column('banner', sa.String(), nullable=False),
    sa.Column('phone', sa.String(), nullable=False),
    sa.Column('made_by', sa.Integer(), nullable=True),
    sa.Column('made_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['area_id'], ['area.id'], name=op.f('fk_notice_area_id_area')),
    sa.ForeignKeyConstraint(['campaign_id'], ['campaign.id'], name=op.f('fk_notice_campaign_id_campaign')),
    sa.ForeignKeyConstraint(['made_by'], ['user.id'], name=op.f('fk_notice_made_by_user')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_notice'))
    )
    op.create_table('official_figure',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('area_id', sa.Integer(), nullable=False),
    sa.Column('campaign_id', sa.Integer(), nullable=False),
    sa.Column('figure', sa.String(), nullable=False),
    sa.Column('on', sa.Date(), nullable=False),
    sa.Column('value', sa.Integer(), nullable=False),
    sa.Column('source', sa.String(), nullable=False),
    sa.Column('listed', sa.JSON(), nullable=True),
    sa.Column('noted_by', sa.Integer(), nullable=True),
    sa.Column('noted_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['area_id'], ['area.id'], name=op.f('fk_official_figure_area_id_area')),
    sa.ForeignKeyConstraint(['campaign_id'], ['campaign.id'], name=op.f('fk_official_figure_campaign_id_campaign')),
    sa.ForeignKeyConstraint(['noted_by'], ['user.id'], name=op.f('fk_official_figure_noted_by_user')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_official_figure'))
    )
    op.create_index(op.f('ix_official_figure_area_id'), 'official_figure', ['area_id'], unique=False)
    op.create_table('resident',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('uuid', sa.String(), nullable=False),
    sa.Column('name', sa.String(), nullable=False),
    sa.Column('name_folded', sa.String(), nullable=False),
    sa.Column('name_pinyin', sa.String(), nullable=False),
    sa.Column('sex', sa.String(length=32), nullable=False),
    sa.Column('born_on', sa.Date(), nullable=True),
    sa.Column('birth_certainty', sa.String(length=32), nullable=False),
    sa.Column('eligible_on', sa.Date(), nullable=True),
    sa.Column('id_sealed', sa.LargeBinary(), nullable=True),
    sa.Column('id_index', sa.LargeBinary(length=16), nullable=True),
    sa.Column('id_tail_index', sa.LargeBinary(length=16), nullable=True),
    sa.Column('id_as_written_sealed', sa.LargeBinary(), nullable=True),
    sa.Column('community_id', sa.Integer(), nullable=False),
    sa.Column('grid_id', sa.Integer(), nullable=True),
    sa.Column('is_registered_elsewhere', sa.Boolean(), nullable=False),
    sa.Column('household_id', sa.Integer(), nullable=True),
    sa.Column('address_id', sa.Integer(), nullable=True),
    sa.Column('mobility', sa.String(), nullable=False),
    sa.Column('mobility_flags', sa.JSON(), nullable=False),
    sa.Column('lives_alone', sa.Boolean(), nullable=True),
    sa.Column('language', sa.String(), nullable=False),
    sa.Column('dialect', sa.String(), nullable=False),
    sa.Column('life_status', sa.String(length=32), nullable=False),
    sa.Column('life_status_on', sa.Date(), nullable=True),
    sa.Column('life_review_on', sa.Date(), nullable=True),
    sa.Column('life_owner_id', sa.Integer(), nullable=True),
    sa.Column('held_all', sa.Boolean(), nullable=False),
    sa.Column('held_nudges', sa.Boolean(), nullable=False),
    sa.Column('snoozed_until', sa.Date(), nullable=True),
    sa.Column('note', sa.String(), nullable=False),
    sa.Column('clinical_note', sa.String(), nullable=False),
    sa.Column('access_note', sa.String(), nullable=False),
    sa.Column('missing', sa.JSON(), nullable=False),
    sa.Column('merged_into_id', sa.Integer(), nullable=True),
    sa.Column('erased_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['address_id'], ['address.id'], name=op.f('fk_resident_address_id_address')),
    sa.ForeignKeyConstraint(['community_id'], ['area.id'], name=op.f('fk_resident_community_id_area')),
    sa.ForeignKeyConstraint(['grid_id'], ['area.id'], name=op.f('fk_resident_grid_id_area')),
    sa.ForeignKeyConstraint(['household_id'], ['household.id'], name=op.f('fk_resident_household_id_household')),
    sa.ForeignKeyConstraint(['life_owner_id'], ['user.id'], name=op.f('fk_resident_life_owner_id_user')),
    sa.ForeignKeyConstraint(['merged_into_id'], ['resident.id'], name=op.f('fk_resident_merged_into_id_resident')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_resident')),
    sa.UniqueConstraint('uuid', name=op.f('uq_resident_uuid'))
    )
    op.create_index('ix_resident_born_on', 'resident', ['born_on'], unique=False)
    op.create_index('ix_resident_community', 'resident', ['community_id', 'id'], unique=False)
    op.create_index('ix_resident_grid', 'resident', ['grid_id', 'id'], unique=False)
    op.create_index(op.f('ix_resident_household_id'), 'resident', ['household_id'], unique=False)
    op.create_index(op.f('ix_resident_id_index'), 'resident', ['id_index'], unique=False)
    op.create_index(op.f('ix_resident_id_tail_index'), 'resident', ['id_tail_index'], unique=False)
    op.create_index(op.f('ix_resident_name_folded'), 'resident', ['name_folded'], unique=False)
    op.create_index(op.f('ix_resident_name_pinyin'), 'resident', ['name_pinyin'], unique=False)
    op.create_table('rollup',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('area_id', sa.Integer(), nullable=False),
    sa.Column('campaign_id', sa.Integer(), nullable=False),
    sa.Column('basis', sa.String(length=32), nullable=False),
    sa.Column('dimension', sa.String(length=32), nullable=False),
    sa.Column('value', sa.String(), nullable=False),
    sa.Column('not_yet_eligible', sa.Integer(), nullable=False),
    sa.Column('to_contact', sa.Integer(), nullable=False),
    sa.Column('considering', sa.Integer(), nullable=False),
    sa.Column('agreed', sa.Integer(), nullable=False),
    sa.Column('booked', sa.Integer(), nullable=False),
    sa.Column('vaccinated', sa.Integer(), nullable=False),
    sa.Column('deferred', sa.Integer(), nullable=False),
    sa.Column('exempt', sa.Integer(), nullable=False),
    sa.Column('declined', sa.Integer(), nullable=False),
    sa.Column('unreachable', sa.Integer(), nullable=False),
    sa.Column('moved', sa.Integer(), nullable=False),
    sa.Column('deceased', sa.Integer(), nullable=False),
    sa.Column('unknown', sa.Integer(), nullable=False),
    sa.Column('elsewhere', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['area_id'], ['area.id'], name=op.f('fk_rollup_area_id_area')),
    sa.ForeignKeyConstraint(['campaign_id'], ['campaign.id'], name=op.f('fk_rollup_campaign_id_campaign')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_rollup')),
    sa.UniqueConstraint('area_id', 'campaign_id', 'basis', 'dimension', 'value', name=op.f('uq_rollup_area_id_campaign_id_basis_dimension_value'))
    )
    op.create_table('saved_report',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.String(), nullable=False),
    sa.Column('area_id', sa.Integer(), nullable=False),
    sa.Column('campaign_id', sa.Integer(), nullable=False),
    sa.Column('basis', sa.String(length=32), nullable=False),
    sa.Column('on', sa.Date(), nullable=False),
    sa.Column('language', sa.String(), nullable=False),
    sa.Column('content', sa.JSON(), nullable=False),
    sa.Column('made_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('made_by', sa.Integer(), nullable=True),
    sa.ForeignKeyConstraint(['area_id'], ['area.id'], name=op.f('fk_saved_report_area_id_area')),
    sa.ForeignKeyConstraint(['campaign_id'], ['campaign.id'], name=op.f('fk_saved_report_campaign_id_campaign')),
    sa.ForeignKeyConstraint(['made_by'], ['user.id'], name=op.f('fk_saved_report_made_by_user')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_saved_report')),
    sa.UniqueConstraint('kind', 'area_id', 'campaign_id', 'basis', 'on', 'language', name=op.f('uq_saved_report_kind_area_id_campaign_id_basis_on_language'))
    )
    op.create_index(op.f('ix_saved_report_area_id'), 'saved_report', ['area_id'], unique=False)
    op.create_table('shift',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('on', sa.Date(), nullable=False),
    sa.Column('driver_id', sa.Integer(), nullable=True),
    sa.Column('escort_id', sa.Integer(), nullable=True),
    sa.Column('vehicle_id', sa.Integer(), nullable=True),
    sa.Column('site_id', sa.Integer(), nullable=True),
    sa.Column('starts_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('ends_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('break_from_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('break_until_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('cancelled_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('cancel_reason', sa.String(), nullable=False),
    sa.ForeignKeyConstraint(['driver_id'], ['driver.id'], name=op.f('fk_shift_driver_id_driver')),
    sa.ForeignKeyConstraint(['escort_id'], ['escort.id'], name=op.f('fk_shift_escort_id_escort')),
    sa.ForeignKeyConstraint(['site_id'], ['site.id'], name=op.f('fk_shift_site_id_site')),
    sa.ForeignKeyConstraint(['vehicle_id'], ['vehicle.id'], name=op.f('fk_shift_vehicle_id_vehicle')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_shift'))
    )
    op.create_index('ix_shift_on', 'shift', ['on'], unique=False)
    op.create_table('shift_template',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('weekday', sa.Integer(), nullable=False),
    sa.Column('driver_id', sa.Integer(), nullable=True),
    sa.Column('escort_id', sa.Integer(), nullable=True),
    sa.Column('vehicle_id', sa.Integer(), nullable=True),
    sa.Column('starts', sa.Time(), nullable=False),
    sa.Column('ends', sa.Time(), nullable=False),
    sa.Column('break_from', sa.Time(), nullable=True),
    sa.Column('break_until', sa.Time(), nullable=True),
    sa.Column('from_on', sa.Date(), nullable=False),
    sa.Column('until_on', sa.Date(), nullable=True),
    sa.ForeignKeyConstraint(['driver_id'], ['driver.id'], name=op.f('fk_shift_template_driver_id_driver')),
    sa.ForeignKeyConstraint(['escort_id'], ['escort.id'], name=op.f('fk_shift_template_escort_id_escort')),
    sa.ForeignKeyConstraint(['vehicle_id'], ['vehicle.id'], name=op.f('fk_shift_template_vehicle_id_vehicle')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_shift_template'))
    )
    op.create_table('site_closure',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('site_id', sa.Integer(), nullable=False),
    sa.Column('from_on', sa.Date(), nullable=False),
    sa.Column('until_on', sa.Date(), nullable=False),
    sa.Column('reason', sa.String(), nullable=False),
    sa.ForeignKeyConstraint(['site_id'], ['site.id'], name=op.f('fk_site_closure_site_id_site')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_site_closure'))
    )
    op.create_index(op.f('ix_site_closure_site_id'), 'site_closure', ['site_id'], unique=False)
    op.create_table('site_session',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('site_id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.String(length=32), nullable=False),
    sa.Column('on', sa.Date(), nullable=False),
    sa.Column('opens', sa.Time(), nullable=False),
    sa.Column('closes', sa.Time(), nullable=False),
    sa.Column('slot_minutes', sa.Integer(), nullable=False),
    sa.Column('capacity_per_slot', sa.Integer(), nullable=False),
    sa.Column('guides_on_duty', sa.Integer(), nullable=False),
    sa.Column('elders_only', sa.Boolean(), nullable=False),
    sa.Column('state', sa.String(length=32), nullable=False),
    sa.Column('closed_from_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('closed_reason', sa.String(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.CheckConstraint('capacity_per_slot >= 0', name=op.f('ck_site_session_capacity')),
    sa.CheckConstraint('slot_minutes > 0', name=op.f('ck_site_session_slot_minutes')),
    sa.ForeignKeyConstraint(['site_id'], ['site.id'], name=op.f('fk_site_session_site_id_site')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_site_session')),
    sa.UniqueConstraint('site_id', 'on', 'opens', name=op.f('uq_site_session_site_id_on_opens'))
    )
    op.create_index('ix_site_session_on', 'site_session', ['on'], unique=False)
    op.create_table('snapshot_count',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('on', sa.Date(), nullable=False),
    sa.Column('area_id', sa.Integer(), nullable=False),
    sa.Column('campaign_id', sa.Integer(), nullable=False),
    sa.Column('basis', sa.String(length=32), nullable=False),
    sa.Column('dimension', sa.String(length=32), nullable=False),
    sa.Column('value', sa.String(), nullable=False),
    sa.Column('not_yet_eligible', sa.Integer(), nullable=False),
    sa.Column('to_contact', sa.Integer(), nullable=False),
    sa.Column('considering', sa.Integer(), nullable=False),
    sa.Column('agreed', sa.Integer(), nullable=False),
    sa.Column('booked', sa.Integer(), nullable=False),
    sa.Column('vaccinated', sa.Integer(), nullable=False),
    sa.Column('deferred', sa.Integer(), nullable=False),
    sa.Column('exempt', sa.Integer(), nullable=False),
    sa.Column('declined', sa.Integer(), nullable=False),
    sa.Column('unreachable', sa.Integer(), nullable=False),
    sa.Column('moved', sa.Integer(), nullable=False),
    sa.Column('deceased', sa.Integer(), nullable=False),
    sa.Column('unknown', sa.Integer(), nullable=False),
    sa.Column('elsewhere', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['area_id'], ['area.id'], name=op.f('fk_snapshot_count_area_id_area')),
    sa.ForeignKeyConstraint(['campaign_id'], ['campaign.id'], name=op.f('fk_snapshot_count_campaign_id_campaign')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_snapshot_count')),
    sa.UniqueConstraint('on', 'area_id', 'campaign_id', 'basis', 'dimension', 'value', name=op.f('uq_snapshot_count_on_area_id_campaign_id_basis_dimension_value'))
    )
    op.create_index('ix_snapshot_count_area', 'snapshot_count', ['area_id', 'campaign_id', 'basis', 'dimension', 'on'], unique=False)
    op.create_table('spot_check',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('area_id', sa.Integer(), nullable=False),
    sa.Column('campaign_id', sa.Integer(), nullable=False),
    sa.Column('seed', sa.Integer(), nullable=False),
    sa.Column('since', sa.Date(), nullable=False),
    sa.Column('until', sa.Date(), nullable=False),
    sa.Column('population', sa.Integer(), nullable=False),
    sa.Column('drawn_by', sa.Integer(), nullable=True),
    sa.Column('drawn_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['area_id'], ['area.id'], name=op.f('fk_spot_check_area_id_area')),
    sa.ForeignKeyConstraint(['campaign_id'], ['campaign.id'], name=op.f('fk_spot_check_campaign_id_campaign')),
    sa.ForeignKeyConstraint(['drawn_by'], ['user.id'], name=op.f('fk_spot_check_drawn_by_user')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_spot_check'))
    )
    op.create_index(op.f('ix_spot_check_area_id'), 'spot_check', ['area_id'], unique=False)
    op.create_table('target',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('area_id', sa.Integer(), nullable=False),
    sa.Column('campaign_id', sa.Integer(), nullable=False),
    sa.Column('owner_id', sa.Integer(), nullable=False),
    sa.Column('goal', sa.Double(), nullable=False),
    sa.Column('by_on', sa.Date(), nullable=False),
    sa.Column('note', sa.String(), nullable=False),
    sa.Column('set_by', sa.Integer(), nullable=True),
    sa.Column('set_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['area_id'], ['area.id'], name=op.f('fk_target_area_id_area')),
    sa.ForeignKeyConstraint(['campaign_id'], ['campaign.id'], name=op.f('fk_target_campaign_id_campaign')),
    sa.ForeignKeyConstraint(['owner_id'], ['user.id'], name=op.f('fk_target_owner_id_user')),
    sa.ForeignKeyConstraint(['set_by'], ['user.id'], name=op.f('fk_target_set_by_user')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_target'))
    )
    op.create_index('ix_target_area', 'target', ['area_id', 'campaign_id', 'ended_at'], unique=False)
    op.create_table('vehicle_check',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('vehicle_id', sa.Integer(), nullable=False),
    sa.Column('on', sa.Date(), nullable=False),
    sa.Column('answers', sa.JSON(), nullable=False),
    sa.Column('is_fit', sa.Boolean(), nullable=False),
    sa.Column('by_driver_id', sa.Integer(), nullable=True),
    sa.Column('by_user_id', sa.Integer(), nullable=True),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['by_driver_id'], ['driver.id'], name=op.f('fk_vehicle_check_by_driver_id_driver')),
    sa.ForeignKeyConstraint(['by_user_id'], ['user.id'], name=op.f('fk_vehicle_check_by_user_id_user')),
    sa.ForeignKeyConstraint(['vehicle_id'], ['vehicle.id'], name=op.f('fk_vehicle_check_vehicle_id_vehicle')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_vehicle_check')),
    sa.UniqueConstraint('vehicle_id', 'on', name=op.f('uq_vehicle_check_vehicle_id_on'))
    )
    op.create_table('weekly_hours',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('site_id', sa.Integer(), nullable=False),
    sa.Column('weekday', sa.Integer(), nullable=False),
    sa.Column('kind', sa.String(length=32), nullable=False),
    sa.Column('opens', sa.Time(), nullable=False),
    sa.Column('closes', sa.Time(), nullable=False),
    sa.Column('slot_minutes', sa.Integer(), nullable=False),
    sa.Column('capacity_per_slot', sa.Integer(), nullable=False),
    sa.Column('guides_on_duty', sa.Integer(), nullable=False),
    sa.Column('elders_only', sa.Boolean(), nullable=False),
    sa.Column('from_on', sa.Date(), nullable=False),
    sa.Column('until_on', sa.Date(), nullable=True),
    sa.ForeignKeyConstraint(['site_id'], ['site.id'], name=op.f('fk_weekly_hours_site_id_site')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_weekly_hours'))
    )
    op.create_index(op.f('ix_weekly_hours_site_id'), 'weekly_hours', ['site_id'], unique=False)
    op.create_table('wording',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('campaign_id', sa.Integer(), nullable=True),
    sa.Column('step', sa.String(length=32), nullable=False),
    sa.Column('channel', sa.String(length=32), nullable=False),
    sa.Column('language', sa.String(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('body', sa.String(), nullable=False),
    sa.Column('template_code', sa.String(), nullable=False),
    sa.Column('is_active', sa.Boolean(), nullable=False),
    sa.Column('made_by', sa.Integer(), nullable=True),
    sa.Column('made_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['campaign_id'], ['campaign.id'], name=op.f('fk_wording_campaign_id_campaign')),
    sa.ForeignKeyConstraint(['made_by'], ['user.id'], name=op.f('fk_wording_made_by_user')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_wording')),
    sa.UniqueConstraint('campaign_id', 'step', 'channel', 'language', 'version', name=op.f('uq_wording_campaign_id_step_channel_language_version'))
    )
    op.create_table('contact_person',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('resident_id', sa.Integer(), nullable=False),
    sa.Column('name', sa.String(), nullable=False),
    sa.Column('relation', sa.String(length=32), nullable=False),
    sa.Column('role', sa.String(length=32), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('language', sa.String(), nullable=False),
    sa.Column('preferred_channel', sa.String(), nullable=False),
    sa.Column('preferred_from', sa.Time(), nullable=True),
    sa.Column('preferred_until', sa.Time(), nullable=True),
    sa.Column('told_purposes', sa.JSON(), nullable=False),
    sa.Column('knows_health', sa.Boolean(), nullable=False),
    sa.Column('only_if_changed', sa.Boolean(), nullable=False),
    sa.Column('cannot_read', sa.Boolean(), nullable=False),
    sa.Column('no_aftercare', sa.Boolean(), nullable=False),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['resident_id'], ['resident.id'], name=op.f('fk_contact_person_resident_id_resident')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_contact_person'))
    )
    op.create_index(op.f('ix_contact_person_resident_id'), 'contact_person', ['resident_id'], unique=False)
    op.create_table('deferral',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('resident_id', sa.Integer(), nullable=False),
    sa.Column('campaign_id', sa.Integer(), nullable=True),
    sa.Column('code', sa.String(), nullable=False),
    sa.Column('is_permanent', sa.Boolean(), nullable=False),
    sa.Column('until_on', sa.Date(), nullable=True),
    sa.Column('review_on', sa.Date(), nullable=True),
    sa.Column('owner_id', sa.Integer(), nullable=True),
    sa.Column('note', sa.String(), nullable=False),
    sa.Column('set_by', sa.Integer(), nullable=True),
    sa.Column('set_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('seconded_by', sa.Integer(), nullable=True),
    sa.Column('lifted_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('lifted_by', sa.Integer(), nullable=True),
    sa.Column('lift_reason', sa.String(), nullable=False),
    sa.ForeignKeyConstraint(['campaign_id'], ['campaign.id'], name=op.f('fk_deferral_campaign_id_campaign')),
    sa.ForeignKeyConstraint(['lifted_by'], ['user.id'], name=op.f('fk_deferral_lifted_by_user')),
    sa.ForeignKeyConstraint(['owner_id'], ['user.id'], name=op.f('fk_deferral_owner_id_user')),
    sa.ForeignKeyConstraint(['resident_id'], ['resident.id'], name=op.f('fk_deferral_resident_id_resident')),
    sa.ForeignKeyConstraint(['seconded_by'], ['user.id'], name=op.f('fk_deferral_seconded_by_user')),
    sa.ForeignKeyConstraint(['set_by'], ['user.id'], name=op.f('fk_deferral_set_by_user')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_deferral'))
    )
    op.create_index(op.f('ix_deferral_resident_id'), 'deferral', ['resident_id'], unique=False)
    op.create_index(op.f('ix_deferral_review_on'), 'deferral', ['review_on'], unique=False)
    op.create_table('duplicate_pair',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('first_id', sa.Integer(), nullable=False),
    sa.Column('second_id', sa.Integer(), nullable=False),
    sa.Column('score', sa.Double(), nullable=False),
    sa.Column('reasons', sa.JSON(), nullable=False),
    sa.Column('state', sa.String(), nullable=False),
    sa.Column('found_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('decided_by', sa.Integer(), nullable=True),
    sa.Column('decided_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('undo', sa.JSON(), nullable=True),
    sa.ForeignKeyConstraint(['decided_by'], ['user.id'], name=op.f('fk_duplicate_pair_decided_by_user')),
    sa.ForeignKeyConstraint(['first_id'], ['resident.id'], name=op.f('fk_duplicate_pair_first_id_resident')),
    sa.ForeignKeyConstraint(['second_id'], ['resident.id'], name=op.f('fk_duplicate_pair_second_id_resident')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_duplicate_pair')),
    sa.UniqueConstraint('first_id', 'second_id', name=op.f('uq_duplicate_pair_first_id_second_id'))
    )
    op.create_index(op.f('ix_duplicate_pair_state'), 'duplicate_pair', ['state'], unique=False)
    op.create_table('escort_knows',
    sa.Column('escort_id', sa.Integer(), nullable=False),
    sa.Column('resident_id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['escort_id'], ['escort.id'], name=op.f('fk_escort_knows_escort_id_escort')),
    sa.ForeignKeyConstraint(['resident_id'], ['resident.id'], name=op.f('fk_escort_knows_resident_id_resident')),
    sa.PrimaryKeyConstraint('escort_id', 'resident_id', name=op.f('pk_escort_knows'))
    )
    op.create_table('evidence',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('uuid', sa.String(), nullable=False),
    sa.Column('resident_id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.String(), nullable=False),
    sa.Column('content_type', sa.String(), nullable=False),
    sa.Column('size_bytes', sa.Integer(), nullable=False),
    sa.Column('uploaded_by', sa.Integer(), nullable=True),
    sa.Column('uploaded_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('removed_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['resident_id'], ['resident.id'], name=op.f('fk_evidence_resident_id_resident')),
    sa.ForeignKeyConstraint(['uploaded_by'], ['user.id'], name=op.f('fk_evidence_uploaded_by_user')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_evidence')),
    sa.UniqueConstraint('uuid', name=op.f('uq_evidence_uuid'))
    )
    op.create_index(op.f('ix_evidence_resident_id'), 'evidence', ['resident_id'], unique=False)
    op.create_table('experiment_arm',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('experiment_id', sa.Integer(), nullable=False),
    sa.Column('label', sa.String(), nullable=False),
    sa.Column('is_control', sa.Boolean(), nullable=False),
    sa.Column('wording_id', sa.Integer(), nullable=True),
    sa.Column('shift_days', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['experiment_id'], ['experiment.id'], name=op.f('fk_experiment_arm_experiment_id_experiment')),
    sa.ForeignKeyConstraint(['wording_id'], ['wording.id'], name=op.f('fk_experiment_arm_wording_id_wording')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_experiment_arm'))
    )
    op.create_index(op.f('ix_experiment_arm_experiment_id'), 'experiment_arm', ['experiment_id'], unique=False)
    op.create_table('import_file_part',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('uuid', sa.String(), nullable=False),
    sa.Column('batch_id', sa.Integer(), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('content_sealed', sa.LargeBinary(), nullable=False),
    sa.ForeignKeyConstraint(['batch_id'], ['import_batch.id'], name=op.f('fk_import_file_part_batch_id_import_batch')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_import_file_part')),
    sa.UniqueConstraint('batch_id', 'position', name=op.f('uq_import_file_part_batch_id_position'))
    )
    op.create_table('import_row',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('uuid', sa.String(), nullable=False),
    sa.Column('batch_id', sa.Integer(), nullable=False),
    sa.Column('row_number', sa.Integer(), nullable=False),
    sa.Column('cells_sealed', sa.LargeBinary(), nullable=True),
    sa.Column('mended_sealed', sa.LargeBinary(), nullable=True),
    sa.Column('outcome', sa.String(), nullable=False),
    sa.Column('codes', sa.JSON(), nullable=False),
    sa.Column('kind', sa.String(length=32), nullable=True),
    sa.Column('resident_id', sa.Integer(), nullable=True),
    sa.Column('repeats_row', sa.Integer(), nullable=True),
    sa.Column('fingerprint', sa.LargeBinary(length=16), nullable=True),
    sa.Column('changes_sealed', sa.LargeBinary(), nullable=True),
    sa.Column('decision', sa.String(), nullable=False),
    sa.Column('decided_by', sa.Integer(), nullable=True),
    sa.Column('resolved_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['batch_id'], ['import_batch.id'], name=op.f('fk_import_row_batch_id_import_batch')),
    sa.ForeignKeyConstraint(['decided_by'], ['user.id'], name=op.f('fk_import_row_decided_by_user')),
    sa.ForeignKeyConstraint(['resident_id'], ['resident.id'], name=op.f('fk_import_row_resident_id_resident')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_import_row')),
    sa.UniqueConstraint('batch_id', 'row_number', name=op.f('uq_import_row_batch_id_row_number'))
    )
    op.create_index('ix_import_row_fingerprint', 'import_row', ['fingerprint'], unique=False)
    op.create_index('ix_import_row_outcome', 'import_row', ['batch_id', 'outcome'], unique=False)
    op.create_index('ix_import_row_resident', 'import_row', ['resident_id'], unique=False)
    op.create_table('infection',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('resident_id', sa.Integer(), nullable=False),
    sa.Column('vaccine_code', sa.String(), nullable=False),
    sa.Column('infected_on', sa.Date(), nullable=False),
    sa.Column('recorded_by', sa.Integer(), nullable=True),
    sa.Column('recorded_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['recorded_by'], ['user.id'], name=op.f('fk_infection_recorded_by_user')),
    sa.ForeignKeyConstraint(['resident_id'], ['resident.id'], name=op.f('fk_infection_resident_id_resident')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_infection'))
    )
    op.create_index(op.f('ix_infection_resident_id'), 'infection', ['resident_id'], unique=False)
    op.create_table('ledger_entry',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('resident_id', sa.Integer(), nullable=False),
    sa.Column('campaign_id', sa.Integer(), nullable=False),
    sa.Column('community_id', sa.Integer(), nullable=False),
    sa.Column('grid_id', sa.Integer(), nullable=True),
    sa.Column('status', sa.String(length=32), nullable=False),
    sa.Column('status_since', sa.DateTime(timezone=True), nullable=False),
    sa.Column('dose_number_due', sa.Integer(), nullable=True),
    sa.Column('earliest_on', sa.Date(), nullable=True),
    sa.Column('recommended_on', sa.Date(), nullable=True),
    sa.Column('past_due_on', sa.Date(), nullable=True),
    sa.Column('rule_set_id', sa.Integer(), nullable=True),
    sa.Column('rule_id', sa.String(), nullable=False),
    sa.Column('doses_counted', sa.Integer(), nullable=False),
    sa.Column('last_dose_on', sa.Date(), nullable=True),
    sa.Column('history_verified', sa.Boolean(), nullable=False),
    sa.Column('assigned_to', sa.Integer(), nullable=True),
    sa.Column('next_action', sa.String(), nullable=False),
    sa.Column('next_contact_on', sa.Date(), nullable=True),
    sa.Column('promised_call_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('last_contact_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('refusals', sa.Integer(), nullable=False),
    sa.Column('declined_until', sa.Date(), nullable=True),
    sa.Column('do_not_ask', sa.Boolean(), nullable=False),
    sa.Column('unreached_since', sa.Date(), nullable=True),
    sa.Column('next_channel', sa.String(), nullable=False),
    sa.Column('is_to_verify', sa.Boolean(), nullable=False),
    sa.Column('is_counted', sa.Boolean(), nullable=False),
    sa.Column('restated_on', sa.Date(), nullable=True),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['assigned_to'], ['user.id'], name=op.f('fk_ledger_entry_assigned_to_user')),
    sa.ForeignKeyConstraint(['campaign_id'], ['campaign.id'], name=op.f('fk_ledger_entry_campaign_id_campaign')),
    sa.ForeignKeyConstraint(['community_id'], ['area.id'], name=op.f('fk_ledger_entry_community_id_area')),
    sa.ForeignKeyConstraint(['grid_id'], ['area.id'], name=op.f('fk_ledger_entry_grid_id_area')),
    sa.ForeignKeyConstraint(['resident_id'], ['resident.id'], name=op.f('fk_ledger_entry_resident_id_resident')),
    sa.ForeignKeyConstraint(['rule_set_id'], ['rule_set.id'], name=op.f('fk_ledger_entry_rule_set_id_rule_set')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_ledger_entry')),
    sa.UniqueConstraint('resident_id', 'campaign_id', name=op.f('uq_ledger_entry_resident_id_campaign_id'))
    )
    op.create_index('ix_ledger_entry_community', 'ledger_entry', ['campaign_id', 'is_counted', 'community_id', 'status'], unique=False)
    op.create_index('ix_ledger_entry_grid', 'ledger_entry', ['campaign_id', 'grid_id', 'status'], unique=False)
    op.create_index('ix_ledger_entry_status', 'ledger_entry', ['campaign_id', 'is_counted', 'status'], unique=False)
    op.create_index('ix_ledger_entry_worklist', 'ledger_entry', ['assigned_to', 'next_contact_on'], unique=False)
    op.create_table('life_report',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('resident_id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.String(length=32), nullable=False),
    sa.Column('state', sa.String(length=32), nullable=False),
    sa.Column('source', sa.String(), nullable=False),
    sa.Column('words', sa.String(), nullable=False),
    sa.Column('reported_by', sa.Integer(), nullable=True),
    sa.Column('reported_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('seconded_by', sa.Integer(), nullable=True),
    sa.Column('decided_by', sa.Integer(), nullable=True),
    sa.Column('decided_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('review_on', sa.Date(), nullable=True),
    sa.Column('owner_id', sa.Integer(), nullable=True),
    sa.ForeignKeyConstraint(['decided_by'], ['user.id'], name=op.f('fk_life_report_decided_by_user')),
    sa.ForeignKeyConstraint(['owner_id'], ['user.id'], name=op.f('fk_life_report_owner_id_user')),
    sa.ForeignKeyConstraint(['reported_by'], ['user.id'], name=op.f('fk_life_report_reported_by_user')),
    sa.ForeignKeyConstraint(['resident_id'], ['resident.id'], name=op.f('fk_life_report_resident_id_resident')),
    sa.ForeignKeyConstraint(['seconded_by'], ['user.id'], name=op.f('fk_life_report_seconded_by_user')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_life_report'))
    )
    op.create_index(op.f('ix_life_report_resident_id'), 'life_report', ['resident_id'], unique=False)
    op.create_index(op.f('ix_life_report_state'), 'life_report', ['state'], unique=False)
    op.create_table('notice_posting',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('notice_id', sa.Integer(), nullable=False),
    sa.Column('medium', sa.String(), nullable=False),
    sa.Column('where_posted', sa.String(), nullable=False),
    sa.Column('area_id', sa.Integer(), nullable=True),
    sa.Column('posted_on', sa.Date(), nullable=False),
    sa.Column('posted_by', sa.Integer(), nullable=True),
    sa.ForeignKeyConstraint(['area_id'], ['area.id'], name=op.f('fk_notice_posting_area_id_area')),
    sa.ForeignKeyConstraint(['notice_id'], ['notice.id'], name=op.f('fk_notice_posting_notice_id_notice')),
    sa.ForeignKeyConstraint(['posted_by'], ['user.id'], name=op.f('fk_notice_posting_posted_by_user')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_notice_posting'))
    )
    op.create_index(op.f('ix_notice_posting_notice_id'), 'notice_posting', ['notice_id'], unique=False)
    op.create_table('opt_out',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('number_index', sa.LargeBinary(length=16), nullable=True),
    sa.Column('resident_id', sa.Integer(), nullable=True),
    sa.Column('scope', sa.String(length=32), nullable=False),
    sa.Column('source', sa.String(), nullable=False),
    sa.Column('recorded_by', sa.Integer(), nullable=True),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('ended_by', sa.Integer(), nullable=True),
    sa.Column('end_reason', sa.String(), nullable=False),
    sa.ForeignKeyConstraint(['ended_by'], ['user.id'], name=op.f('fk_opt_out_ended_by_user')),
    sa.ForeignKeyConstraint(['recorded_by'], ['user.id'], name=op.f('fk_opt_out_recorded_by_user')),
    sa.ForeignKeyConstraint(['resident_id'], ['resident.id'], name=op.f('fk_opt_out_resident_id_resident')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_opt_out'))
    )
    op.create_index('ix_opt_out_number', 'opt_out', ['number_index', 'ended_at'], unique=False)
    op.create_index(op.f('ix_opt_out_resident_id'), 'opt_out', ['resident_id'], unique=False)
    op.create_table('run',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('on', sa.Date(), nullable=False),
    sa.Column('shift_id', sa.Integer(), nullable=True),
    sa.Column('vehicle_id', sa.Integer(), nullable=False),
    sa.Column('driver_id', sa.Integer(), nullable=True),
    sa.Column('escort_id', sa.Integer(), nullable=True),
    sa.Column('status', sa.String(length=32), nullable=False),
    sa.Column('starts_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('ends_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('is_locked', sa.Boolean(), nullable=False),
    sa.Column('published_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('published_version', sa.Integer(), nullable=True),
    sa.Column('acknowledged_version', sa.Integer(), nullable=True),
    sa.Column('acknowledged_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('changed_by', sa.Integer(), nullable=True),
    sa.Column('changed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['changed_by'], ['user.id'], name=op.f('fk_run_changed_by_user')),
    sa.ForeignKeyConstraint(['driver_id'], ['driver.id'], name=op.f('fk_run_driver_id_driver')),
    sa.ForeignKeyConstraint(['escort_id'], ['escort.id'], name=op.f('fk_run_escort_id_escort')),
    sa.ForeignKeyConstraint(['shift_id'], ['shift.id'], name=op.f('fk_run_shift_id_shift')),
    sa.ForeignKeyConstraint(['vehicle_id'], ['vehicle.id'], name=op.f('fk_run_vehicle_id_vehicle')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_run'))
    )
    op.create_index('ix_run_on', 'run', ['on'], unique=False)
    op.create_table('search_term',
    sa.Column('term', sa.String().with_variant(sa.String(collation='C'), 'postgresql'), nullable=False),
    sa.Column('resident_id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['resident_id'], ['resident.id'], name=op.f('fk_search_term_resident_id_resident')),
    sa.PrimaryKeyConstraint('term', 'resident_id', name=op.f('pk_search_term')),
    sqlite_with_rowid=False
    )
    op.create_index('ix_search_term_resident_id', 'search_term', ['resident_id'], unique=False)
    op.create_table('session_stock',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('site_session_id', sa.Integer(), nullable=False),
    sa.Column('product_id', sa.Integer(), nullable=False),
    sa.Column('batch_id', sa.Integer(), nullable=True),
    sa.Column('doses', sa.Integer(), nullable=False),
    sa.Column('is_preset', sa.Boolean(), nullable=False),
    sa.ForeignKeyConstraint(['batch_id'], ['product_batch.id'], name=op.f('fk_session_stock_batch_id_product_batch')),
    sa.ForeignKeyConstraint(['product_id'], ['product.id'], name=op.f('fk_session_stock_product_id_product')),
    sa.ForeignKeyConstraint(['site_session_id'], ['site_session.id'], name=op.f('fk_session_stock_site_session_id_site_session')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_session_stock')),
    sa.UniqueConstraint('site_session_id', 'product_id', 'batch_id', name=op.f('uq_session_stock_site_session_id_product_id_batch_id'))
    )
    op.create_table('appointment',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('resident_id', sa.Integer(), nullable=False),
    sa.Column('site_session_id', sa.Integer(), nullable=False),
    sa.Column('slot_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('status', sa.String(length=32), nullable=False),
    sa.Column('outbound_mode', sa.String(length=32), nullable=False),
    sa.Column('outbound_with', sa.String(), nullable=False),
    sa.Column('return_mode', sa.String(length=32), nullable=False),
    sa.Column('return_with', sa.String(), nullable=False),
    sa.Column('return_contact_id', sa.Integer(), nullable=True),
    sa.Column('companions', sa.Integer(), nullable=False),
    sa.Column('wants_escort', sa.Boolean(), nullable=False),
    sa.Column('linked_appointment_id', sa.Integer(), nullable=True),
    sa.Column('confirmed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('confirmed_by', sa.String(), nullable=False),
    sa.Column('visit_result', sa.String(), nullable=False),
    sa.Column('booked_by', sa.Integer(), nullable=True),
    sa.Column('booked_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('cancelled_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('cancelled_by', sa.Integer(), nullable=True),
    sa.Column('cancel_code', sa.String(), nullable=False),
    sa.Column('note', sa.String(), nullable=False),
    sa.Column('told_version', sa.Integer(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.CheckConstraint("outbound_mode <> 'our_car' OR return_mode = 'our_car' OR return_with <> '' OR return_contact_id IS NOT NULL", name=op.f('ck_appointment_way_home')),
    sa.CheckConstraint('companions >= 0', name=op.f('ck_appointment_companions')),
    sa.ForeignKeyConstraint(['booked_by'], ['user.id'], name=op.f('fk_appointment_booked_by_user')),
    sa.ForeignKeyConstraint(['cancelled_by'], ['user.id'], name=op.f('fk_appointment_cancelled_by_user')),
    sa.ForeignKeyConstraint(['linked_appointment_id'], ['appointment.id'], name=op.f('fk_appointment_linked_appointment_id_appointment')),
    sa.ForeignKeyConstraint(['resident_id'], ['resident.id'], name=op.f('fk_appointment_resident_id_resident')),
    sa.ForeignKeyConstraint(['return_contact_id'], ['contact_person.id'], name=op.f('fk_appointment_return_contact_id_contact_person')),
    sa.ForeignKeyConstraint(['site_session_id'], ['site_session.id'], name=op.f('fk_appointment_site_session_id_site_session')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_appointment'))
    )
    op.create_index('ix_appointment_resident', 'appointment', ['resident_id', 'slot_at'], unique=False)
    op.create_index('ix_appointment_session_slot', 'appointment', ['site_session_id', 'slot_at'], unique=False)
    op.create_index('ix_appointment_status', 'appointment', ['status', 'slot_at'], unique=False)
    op.create_table('consent',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('resident_id', sa.Integer(), nullable=False),
    sa.Column('campaign_id', sa.Integer(), nullable=False),
    sa.Column('dose_number', sa.Integer(), nullable=True),
    sa.Column('is_yes', sa.Boolean(), nullable=False),
    sa.Column('by_contact_id', sa.Integer(), nullable=True),
    sa.Column('guardian_basis', sa.String(), nullable=False),
    sa.Column('form', sa.String(length=32), nullable=False),
    sa.Column('evidence_id', sa.Integer(), nullable=True),
    sa.Column('given_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('recorded_by', sa.Integer(), nullable=True),
    sa.Column('withdrawn_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('withdrawn_by', sa.Integer(), nullable=True),
    sa.ForeignKeyConstraint(['by_contact_id'], ['contact_person.id'], name=op.f('fk_consent_by_contact_id_contact_person')),
    sa.ForeignKeyConstraint(['campaign_id'], ['campaign.id'], name=op.f('fk_consent_campaign_id_campaign')),
    sa.ForeignKeyConstraint(['evidence_id'], ['evidence.id'], name=op.f('fk_consent_evidence_id_evidence')),
    sa.ForeignKeyConstraint(['recorded_by'], ['user.id'], name=op.f('fk_consent_recorded_by_user')),
    sa.ForeignKeyConstraint(['resident_id'], ['resident.id'], name=op.f('fk_consent_resident_id_resident')),
    sa.ForeignKeyConstraint(['withdrawn_by'], ['user.id'], name=op.f('fk_consent_withdrawn_by_user')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_consent'))
    )
    op.create_index(op.f('ix_consent_resident_id'), 'consent', ['resident_id'], unique=False)
    op.create_table('frozen_line',
    sa.Column('entry_id', sa.Integer(), nullable=False),
    sa.Column('community_id', sa.Integer(), nullable=True),
    sa.Column('grid_id', sa.Integer(), nullable=True),
    sa.Column('stay_community_id', sa.Integer(), nullable=True),
    sa.Column('status', sa.String(length=32), nullable=True),
    sa.Column('is_unknown', sa.Boolean(), nullable=False),
    sa.Column('is_elsewhere', sa.Boolean(), nullable=False),
    sa.ForeignKeyConstraint(['community_id'], ['area.id'], name=op.f('fk_frozen_line_community_id_area')),
    sa.ForeignKeyConstraint(['entry_id'], ['ledger_entry.id'], name=op.f('fk_frozen_line_entry_id_ledger_entry')),
    sa.ForeignKeyConstraint(['grid_id'], ['area.id'], name=op.f('fk_frozen_line_grid_id_area')),
    sa.ForeignKeyConstraint(['stay_community_id'], ['area.id'], name=op.f('fk_frozen_line_stay_community_id_area')),
    sa.PrimaryKeyConstraint('entry_id', name=op.f('pk_frozen_line'))
    )
    op.create_table('message',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('uuid', sa.String(), nullable=False),
    sa.Column('natural_key', sa.String(), nullable=False),
    sa.Column('channel', sa.String(length=32), nullable=False),
    sa.Column('purpose', sa.String(length=32), nullable=False),
    sa.Column('step', sa.String(length=32), nullable=False),
    sa.Column('state', sa.String(length=32), nullable=False),
    sa.Column('priority', sa.Integer(), nullable=False),
    sa.Column('resident_id', sa.Integer(), nullable=True),
    sa.Column('contact_person_id', sa.Integer(), nullable=True),
    sa.Column('household_id', sa.Integer(), nullable=True),
    sa.Column('campaign_id', sa.Integer(), nullable=True),
    sa.Column('subject_kind', sa.String(), nullable=False),
    sa.Column('subject_id', sa.Integer(), nullable=False),
    sa.Column('subject_version', sa.Integer(), nullable=False),
    sa.Column('number_sealed', sa.LargeBinary(), nullable=True),
    sa.Column('number_index', sa.LargeBinary(length=16), nullable=True),
    sa.Column('language', sa.String(), nullable=False),
    sa.Column('wording_id', sa.Integer(), nullable=True),
    sa.Column('values', sa.JSON(), nullable=False),
    sa.Column('body', sa.String(), nullable=True),
    sa.Column('sent_body', sa.String(), nullable=True),
    sa.Column('body_hash', sa.LargeBinary(length=16), nullable=True),
    sa.Column('segments', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('due_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('attempts', sa.Integer(), nullable=False),
    sa.Column('resends', sa.Integer(), nullable=False),
    sa.Column('retry_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('claim_token', sa.String(), nullable=False),
    sa.Column('claimed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('lease_until', sa.DateTime(timezone=True), nullable=True),
    sa.Column('post_started_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('unknown_since', sa.DateTime(timezone=True), nullable=True),
    sa.Column('began_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('gateway', sa.String(), nullable=False),
    sa.Column('provider_id', sa.String(), nullable=False),
    sa.Column('error_code', sa.String(), nullable=False),
    sa.Column('reason', sa.String(), nullable=False),
    sa.Column('accepted_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('read_back_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('merged_into_id', sa.Integer(), nullable=True),
    sa.Column('arm_id', sa.Integer(), nullable=True),
    sa.Column('cost_micros', sa.Integer(), nullable=True),
    sa.ForeignKeyConstraint(['arm_id'], ['experiment_arm.id'], name=op.f('fk_message_arm_id_experiment_arm')),
    sa.ForeignKeyConstraint(['campaign_id'], ['campaign.id'], name=op.f('fk_message_campaign_id_campaign')),
    sa.ForeignKeyConstraint(['contact_person_id'], ['contact_person.id'], name=op.f('fk_message_contact_person_id_contact_person')),
    sa.ForeignKeyConstraint(['household_id'], ['household.id'], name=op.f('fk_message_household_id_household')),
    sa.ForeignKeyConstraint(['merged_into_id'], ['message.id'], name=op.f('fk_message_merged_into_id_message')),
    sa.ForeignKeyConstraint(['resident_id'], ['resident.id'], name=op.f('fk_message_resident_id_resident')),
    sa.ForeignKeyConstraint(['wording_id'], ['wording.id'], name=op.f('fk_message_wording_id_wording')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_message')),
    sa.UniqueConstraint('natural_key', name=op.f('uq_message_natural_key')),
    sa.UniqueConstraint('uuid', name=op.f('uq_message_uuid'))
    )
    op.create_index(op.f('ix_message_campaign_id'), 'message', ['campaign_id'], unique=False)
    op.create_index('ix_message_due', 'message', ['priority', 'due_at', 'id'], unique=False, sqlite_where=sa.text("state = 'queued'"), postgresql_where=sa.text("state = 'queued'"))
    op.create_index('ix_message_household', 'message', ['household_id', 'began_at'], unique=False)
    op.create_index('ix_message_lease', 'message', ['state', 'lease_until'], unique=False)
    op.create_index('ix_message_number', 'message', ['number_index', 'began_at'], unique=False)
    op.create_index(op.f('ix_message_provider_id'), 'message', ['provider_id'], unique=False)
    op.create_index('ix_message_resident', 'message', ['resident_id', 'created_at'], unique=False)
    op.create_index('ix_message_state', 'message', ['state', 'due_at'], unique=False)
    op.create_index('ix_message_subject', 'message', ['subject_kind', 'subject_id'], unique=False)
    op.create_table('phone',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('uuid', sa.String(), nullable=False),
    sa.Column('contact_person_id', sa.Integer(), nullable=False),
    sa.Column('number_sealed', sa.LargeBinary(), nullable=False),
    sa.Column('number_index', sa.LargeBinary(length=16), nullable=False),
    sa.Column('tail_index', sa.LargeBinary(length=16), nullable=False),
    sa.Column('kind', sa.String(length=32), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('invalid_since', sa.DateTime(timezone=True), nullable=True),
    sa.Column('invalid_reason', sa.String(), nullable=False),
    sa.ForeignKeyConstraint(['contact_person_id'], ['contact_person.id'], name=op.f('fk_phone_contact_person_id_contact_person')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_phone')),
    sa.UniqueConstraint('uuid', name=op.f('uq_phone_uuid'))
    )
    op.create_index(op.f('ix_phone_contact_person_id'), 'phone', ['contact_person_id'], unique=False)
    op.create_index(op.f('ix_phone_number_index'), 'phone', ['number_index'], unique=False)
    op.create_index(op.f('ix_phone_tail_index'), 'phone', ['tail_index'], unique=False)
    op.create_table('snapshot_change',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('on', sa.Date(), nullable=False),
    sa.Column('entry_id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.String(length=32), nullable=False),
    sa.Column('true_from', sa.Date(), nullable=False),
    sa.Column('was_community_id', sa.Integer(), nullable=True),
    sa.Column('was_grid_id', sa.Integer(), nullable=True),
    sa.Column('was_stay_community_id', sa.Integer(), nullable=True),
    sa.Column('was_status', sa.String(length=32), nullable=True),
    sa.Column('was_unknown', sa.Boolean(), nullable=False),
    sa.Column('was_elsewhere', sa.Boolean(), nullable=False),
    sa.Column('community_id', sa.Integer(), nullable=True),
    sa.Column('grid_id', sa.Integer(), nullable=True),
    sa.Column('stay_community_id', sa.Integer(), nullable=True),
    sa.Column('status', sa.String(length=32), nullable=True),
    sa.Column('is_unknown', sa.Boolean(), nullable=False),
    sa.Column('is_elsewhere', sa.Boolean(), nullable=False),
    sa.ForeignKeyConstraint(['community_id'], ['area.id'], name=op.f('fk_snapshot_change_community_id_area')),
    sa.ForeignKeyConstraint(['entry_id'], ['ledger_entry.id'], name=op.f('fk_snapshot_change_entry_id_ledger_entry')),
    sa.ForeignKeyConstraint(['grid_id'], ['area.id'], name=op.f('fk_snapshot_change_grid_id_area')),
    sa.ForeignKeyConstraint(['stay_community_id'], ['area.id'], name=op.f('fk_snapshot_change_stay_community_id_area')),
    sa.ForeignKeyConstraint(['was_community_id'], ['area.id'], name=op.f('fk_snapshot_change_was_community_id_area')),
    sa.ForeignKeyConstraint(['was_grid_id'], ['area.id'], name=op.f('fk_snapshot_change_was_grid_id_area')),
    sa.ForeignKeyConstraint(['was_stay_community_id'], ['area.id'], name=op.f('fk_snapshot_change_was_stay_community_id_area')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_snapshot_change'))
    )
    op.create_index('ix_snapshot_change_entry', 'snapshot_change', ['entry_id', 'on'], unique=False)
    op.create_index(op.f('ix_snapshot_change_on'), 'snapshot_change', ['on'], unique=False)
    op.create_table('status_transition',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('entry_id', sa.Integer(), nullable=False),
    sa.Column('from_status', sa.String(length=32), nullable=True),
    sa.Column('to_status', sa.String(length=32), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('by_user_id', sa.Integer(), nullable=True),
    sa.Column('cause', sa.String(), nullable=False),
    sa.Column('facts', sa.JSON(), nullable=False),
    sa.ForeignKeyConstraint(['by_user_id'], ['user.id'], name=op.f('fk_status_transition_by_user_id_user')),
    sa.ForeignKeyConstraint(['entry_id'], ['ledger_entry.id'], name=op.f('fk_status_transition_entry_id_ledger_entry')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_status_transition'))
    )
    op.create_index(op.f('ix_status_transition_at'), 'status_transition', ['at'], unique=False)
    op.create_index('ix_status_transition_entry', 'status_transition', ['entry_id', 'at'], unique=False)
    op.create_table('stay',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('resident_id', sa.Integer(), nullable=False),
    sa.Column('address_id', sa.Integer(), nullable=False),
    sa.Column('community_id', sa.Integer(), nullable=True),
    sa.Column('with_contact_id', sa.Integer(), nullable=True),
    sa.Column('from_on', sa.Date(), nullable=False),
    sa.Column('until_on', sa.Date(), nullable=True),
    sa.Column('noted_by', sa.Integer(), nullable=True),
    sa.Column('noted_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['address_id'], ['address.id'], name=op.f('fk_stay_address_id_address')),
    sa.ForeignKeyConstraint(['community_id'], ['area.id'], name=op.f('fk_stay_community_id_area')),
    sa.ForeignKeyConstraint(['noted_by'], ['user.id'], name=op.f('fk_stay_noted_by_user')),
    sa.ForeignKeyConstraint(['resident_id'], ['resident.id'], name=op.f('fk_stay_resident_id_resident')),
    sa.ForeignKeyConstraint(['with_contact_id'], ['contact_person.id'], name=op.f('fk_stay_with_contact_id_contact_person')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_stay'))
    )
    op.create_index(op.f('ix_stay_community_id'), 'stay', ['community_id'], unique=False)
    op.create_index(op.f('ix_stay_resident_id'), 'stay', ['resident_id'], unique=False)
    op.create_table('vehicle_position',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('run_id', sa.Integer(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('latitude', sa.Double(), nullable=False),
    sa.Column('longitude', sa.Double(), nullable=False),
    sa.ForeignKeyConstraint(['run_id'], ['run.id'], name=op.f('fk_vehicle_position_run_id_run')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_vehicle_position'))
    )
    op.create_index('ix_vehicle_position_run', 'vehicle_position', ['run_id', 'at'], unique=False)
    op.create_table('alarm',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('cause_key', sa.String(), nullable=False),
    sa.Column('kind', sa.String(), nullable=False),
    sa.Column('on', sa.Date(), nullable=False),
    sa.Column('appointment_id', sa.Integer(), nullable=True),
    sa.Column('run_id', sa.Integer(), nullable=True),
    sa.Column('site_id', sa.Integer(), nullable=True),
    sa.Column('raised_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('level', sa.Integer(), nullable=False),
    sa.Column('taken_by', sa.Integer(), nullable=True),
    sa.Column('taken_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['appointment_id'], ['appointment.id'], name=op.f('fk_alarm_appointment_id_appointment')),
    sa.ForeignKeyConstraint(['run_id'], ['run.id'], name=op.f('fk_alarm_run_id_run')),
    sa.ForeignKeyConstraint(['site_id'], ['site.id'], name=op.f('fk_alarm_site_id_site')),
    sa.ForeignKeyConstraint(['taken_by'], ['user.id'], name=op.f('fk_alarm_taken_by_user')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_alarm')),
    sa.UniqueConstraint('cause_key', name=op.f('uq_alarm_cause_key'))
    )
    op.create_index(op.f('ix_alarm_on'), 'alarm', ['on'], unique=False)
    op.create_table('contact_attempt',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('uuid', sa.String(), nullable=False),
    sa.Column('resident_id', sa.Integer(), nullable=False),
    sa.Column('entry_id', sa.Integer(), nullable=False),
    sa.Column('contact_person_id', sa.Integer(), nullable=True),
    sa.Column('by_user_id', sa.Integer(), nullable=True),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('channel', sa.String(length=32), nullable=False),
    sa.Column('outcome', sa.String(), nullable=False),
    sa.Column('note', sa.String(), nullable=False),
    sa.Column('next_contact_on', sa.Date(), nullable=True),
    sa.Column('promised_call_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('is_inbound', sa.Boolean(), nullable=False),
    sa.Column('message_id', sa.Integer(), nullable=True),
    sa.Column('recorded_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('voided_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('voided_by', sa.Integer(), nullable=True),
    sa.Column('void_reason', sa.String(), nullable=False),
    sa.ForeignKeyConstraint(['by_user_id'], ['user.id'], name=op.f('fk_contact_attempt_by_user_id_user')),
    sa.ForeignKeyConstraint(['contact_person_id'], ['contact_person.id'], name=op.f('fk_contact_attempt_contact_person_id_contact_person')),
    sa.ForeignKeyConstraint(['entry_id'], ['ledger_entry.id'], name=op.f('fk_contact_attempt_entry_id_ledger_entry')),
    sa.ForeignKeyConstraint(['message_id'], ['message.id'], name=op.f('fk_contact_attempt_message_id_message')),
    sa.ForeignKeyConstraint(['resident_id'], ['resident.id'], name=op.f('fk_contact_attempt_resident_id_resident')),
    sa.ForeignKeyConstraint(['voided_by'], ['user.id'], name=op.f('fk_contact_attempt_voided_by_user')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_contact_attempt')),
    sa.UniqueConstraint('uuid', name=op.f('uq_contact_attempt_uuid'))
    )
    op.create_index(op.f('ix_contact_attempt_entry_id'), 'contact_attempt', ['entry_id'], unique=False)
    op.create_index('ix_contact_attempt_resident', 'contact_attempt', ['resident_id', 'at'], unique=False)
    op.create_index('ix_contact_attempt_user', 'contact_attempt', ['by_user_id', 'at'], unique=False)
    op.create_table('delivery_receipt',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('message_id', sa.Integer(), nullable=False),
    sa.Column('provider_id', sa.String(), nullable=False),
    sa.Column('status', sa.String(), nullable=False),
    sa.Column('error_code', sa.String(), nullable=False),
    sa.Column('is_applied', sa.Boolean(), nullable=False),
    sa.Column('received_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['message_id'], ['message.id'], name=op.f('fk_delivery_receipt_message_id_message')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_delivery_receipt')),
    sa.UniqueConstraint('message_id', 'provider_id', 'status', 'error_code', name=op.f('uq_delivery_receipt_message_id_provider_id_status_error_code'))
    )
    op.create_table('dose',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('resident_id', sa.Integer(), nullable=False),
    sa.Column('vaccine_id', sa.Integer(), nullable=False),
    sa.Column('product_id', sa.Integer(), nullable=True),
    sa.Column('product_text', sa.String(), nullable=False),
    sa.Column('batch_id', sa.Integer(), nullable=True),
    sa.Column('given_on', sa.Date(), nullable=False),
    sa.Column('given_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('site_id', sa.Integer(), nullable=True),
    sa.Column('site_text', sa.String(), nullable=False),
    sa.Column('grade', sa.String(length=32), nullable=False),
    sa.Column('source_reference', sa.String(), nullable=False),
    sa.Column('stated_number', sa.Integer(), nullable=True),
    sa.Column('appointment_id', sa.Integer(), nullable=True),
    sa.Column('import_batch_id', sa.Integer(), nullable=True),
    sa.Column('recorded_by', sa.Integer(), nullable=True),
    sa.Column('recorded_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('voided_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('voided_by', sa.Integer(), nullable=True),
    sa.Column('void_reason', sa.String(), nullable=False),
    sa.ForeignKeyConstraint(['appointment_id'], ['appointment.id'], name=op.f('fk_dose_appointment_id_appointment')),
    sa.ForeignKeyConstraint(['batch_id'], ['product_batch.id'], name=op.f('fk_dose_batch_id_product_batch')),
    sa.ForeignKeyConstraint(['import_batch_id'], ['import_batch.id'], name=op.f('fk_dose_import_batch_id_import_batch')),
    sa.ForeignKeyConstraint(['product_id'], ['product.id'], name=op.f('fk_dose_product_id_product')),
    sa.ForeignKeyConstraint(['recorded_by'], ['user.id'], name=op.f('fk_dose_recorded_by_user')),
    sa.ForeignKeyConstraint(['resident_id'], ['resident.id'], name=op.f('fk_dose_resident_id_resident')),
    sa.ForeignKeyConstraint(['site_id'], ['site.id'], name=op.f('fk_dose_site_id_site')),
    sa.ForeignKeyConstraint(['vaccine_id'], ['vaccine.id'], name=op.f('fk_dose_vaccine_id_vaccine')),
    sa.ForeignKeyConstraint(['voided_by'], ['user.id'], name=op.f('fk_dose_voided_by_user')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_dose')),
    sa.UniqueConstraint('resident_id', 'vaccine_id', 'given_on', 'source_reference', name=op.f('uq_dose_resident_id_vaccine_id_given_on_source_reference'))
    )
    op.create_index(op.f('ix_dose_batch_id'), 'dose', ['batch_id'], unique=False)
    op.create_index(op.f('ix_dose_import_batch_id'), 'dose', ['import_batch_id'], unique=False)
    op.create_index('ix_dose_resident', 'dose', ['resident_id', 'vaccine_id', 'given_on'], unique=False)
    op.create_table('family_link',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('token_hash', sa.LargeBinary(length=32), nullable=False),
    sa.Column('code_hash', sa.LargeBinary(length=32), nullable=True),
    sa.Column('appointment_id', sa.Integer(), nullable=False),
    sa.Column('contact_person_id', sa.Integer(), nullable=True),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('revoked_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('made_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['appointment_id'], ['appointment.id'], name=op.f('fk_family_link_appointment_id_appointment')),
    sa.ForeignKeyConstraint(['contact_person_id'], ['contact_person.id'], name=op.f('fk_family_link_contact_person_id_contact_person')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_family_link')),
    sa.UniqueConstraint('token_hash', name=op.f('uq_family_link_token_hash'))
    )
    op.create_index(op.f('ix_family_link_appointment_id'), 'family_link', ['appointment_id'], unique=False)
    op.create_index(op.f('ix_family_link_code_hash'), 'family_link', ['code_hash'], unique=False)
    op.create_table('inbound_message',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('uuid', sa.String(), nullable=False),
    sa.Column('gateway', sa.String(), nullable=False),
    sa.Column('provider_id', sa.String(), nullable=False),
    sa.Column('channel', sa.String(length=32), nullable=False),
    sa.Column('number_sealed', sa.LargeBinary(), nullable=True),
    sa.Column('number_index', sa.LargeBinary(length=16), nullable=False),
    sa.Column('body', sa.String(), nullable=True),
    sa.Column('meaning', sa.String(length=32), nullable=False),
    sa.Column('state', sa.String(length=32), nullable=False),
    sa.Column('resident_id', sa.Integer(), nullable=True),
    sa.Column('appointment_id', sa.Integer(), nullable=True),
    sa.Column('in_reply_to_id', sa.Integer(), nullable=True),
    sa.Column('received_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('read_by', sa.Integer(), nullable=True),
    sa.Column('read_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['appointment_id'], ['appointment.id'], name=op.f('fk_inbound_message_appointment_id_appointment')),
    sa.ForeignKeyConstraint(['in_reply_to_id'], ['message.id'], name=op.f('fk_inbound_message_in_reply_to_id_message')),
    sa.ForeignKeyConstraint(['read_by'], ['user.id'], name=op.f('fk_inbound_message_read_by_user')),
    sa.ForeignKeyConstraint(['resident_id'], ['resident.id'], name=op.f('fk_inbound_message_resident_id_resident')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_inbound_message')),
    sa.UniqueConstraint('gateway', 'provider_id', name=op.f('uq_inbound_message_gateway_provider_id')),
    sa.UniqueConstraint('uuid', name=op.f('uq_inbound_message_uuid'))
    )
    op.create_index('ix_inbound_message_number', 'inbound_message', ['number_index', 'received_at'], unique=False)
    op.create_index(op.f('ix_inbound_message_resident_id'), 'inbound_message', ['resident_id'], unique=False)
    op.create_index('ix_inbound_message_state', 'inbound_message', ['state', 'received_at'], unique=False)
    op.create_table('observation',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('appointment_id', sa.Integer(), nullable=False),
    sa.Column('jab_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('ready_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('extended_minutes', sa.Integer(), nullable=False),
    sa.Column('extension_reason', sa.String(), nullable=False),
    sa.Column('adverse_code', sa.String(), nullable=False),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('ended_by', sa.Integer(), nullable=True),
    sa.ForeignKeyConstraint(['appointment_id'], ['appointment.id'], name=op.f('fk_observation_appointment_id_appointment')),
    sa.ForeignKeyConstraint(['ended_by'], ['user.id'], name=op.f('fk_observation_ended_by_user')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_observation')),
    sa.UniqueConstraint('appointment_id', name=op.f('uq_observation_appointment_id'))
    )
    op.create_table('pre_screen',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('appointment_id', sa.Integer(), nullable=False),
    sa.Column('at_place', sa.String(), nullable=False),
    sa.Column('temperature_c', sa.Double(), nullable=True),
    sa.Column('systolic', sa.Integer(), nullable=True),
    sa.Column('diastolic', sa.Integer(), nullable=True),
    sa.Column('answers', sa.JSON(), nullable=False),
    sa.Column('decision', sa.String(), nullable=False),
    sa.Column('decided_by', sa.Integer(), nullable=True),
    sa.Column('recorded_by', sa.Integer(), nullable=True),
    sa.Column('recorded_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['appointment_id'], ['appointment.id'], name=op.f('fk_pre_screen_appointment_id_appointment')),
    sa.ForeignKeyConstraint(['decided_by'], ['user.id'], name=op.f('fk_pre_screen_decided_by_user')),
    sa.ForeignKeyConstraint(['recorded_by'], ['user.id'], name=op.f('fk_pre_screen_recorded_by_user')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_pre_screen'))
    )
    op.create_index(op.f('ix_pre_screen_appointment_id'), 'pre_screen', ['appointment_id'], unique=False)
    op.create_table('ride_leg',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('appointment_id', sa.Integer(), nullable=False),
    sa.Column('direction', sa.String(length=32), nullable=False),
    sa.Column('on', sa.Date(), nullable=False),
    sa.Column('from_address_id', sa.Integer(), nullable=False),
    sa.Column('to_address_id', sa.Integer(), nullable=False),
    sa.Column('pickup_from_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('pickup_until_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('dropoff_from_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('dropoff_until_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('seats', sa.Integer(), nullable=False),
    sa.Column('chairs', sa.Integer(), nullable=False),
    sa.Column('pickup_service_s', sa.Integer(), nullable=False),
    sa.Column('dropoff_service_s', sa.Integer(), nullable=False),
    sa.Column('direct_s', sa.Integer(), nullable=False),
    sa.Column('max_ride_s', sa.Integer(), nullable=False),
    sa.Column('needs_ramp', sa.Boolean(), nullable=False),
    sa.Column('ready_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('is_will_call', sa.Boolean(), nullable=False),
    sa.Column('priority', sa.Integer(), nullable=False),
    sa.Column('status', sa.String(length=32), nullable=False),
    sa.Column('result_code', sa.String(), nullable=False),
    sa.Column('is_standby', sa.Boolean(), nullable=False),
    sa.Column('by_taxi', sa.Boolean(), nullable=False),
    sa.Column('promise_version', sa.Integer(), nullable=False),
    sa.Column('door_code', sa.String(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.CheckConstraint('dropoff_from_at <= dropoff_until_at', name=op.f('ck_ride_leg_dropoff_window')),
    sa.CheckConstraint('pickup_from_at <= pickup_until_at', name=op.f('ck_ride_leg_pickup_window')),
    sa.CheckConstraint('seats >= 0 AND chairs >= 0 AND seats + chairs > 0', name=op.f('ck_ride_leg_load')),
    sa.ForeignKeyConstraint(['appointment_id'], ['appointment.id'], name=op.f('fk_ride_leg_appointment_id_appointment')),
    sa.ForeignKeyConstraint(['from_address_id'], ['address.id'], name=op.f('fk_ride_leg_from_address_id_address')),
    sa.ForeignKeyConstraint(['to_address_id'], ['address.id'], name=op.f('fk_ride_leg_to_address_id_address')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_ride_leg')),
    sa.UniqueConstraint('appointment_id', 'direction', name=op.f('uq_ride_leg_appointment_id_direction'))
    )
    op.create_index('ix_ride_leg_on', 'ride_leg', ['on', 'status'], unique=False)
    op.create_table('attempt_reason',
    sa.Column('attempt_id', sa.Integer(), nullable=False),
    sa.Column('code', sa.String(), nullable=False),
    sa.Column('is_main', sa.Boolean(), nullable=False),
    sa.ForeignKeyConstraint(['attempt_id'], ['contact_attempt.id'], name=op.f('fk_attempt_reason_attempt_id_contact_attempt')),
    sa.PrimaryKeyConstraint('attempt_id', 'code', name=op.f('pk_attempt_reason'))
    )
    op.create_table('day_event',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('uuid', sa.String(), nullable=False),
    sa.Column('kind', sa.String(length=32), nullable=False),
    sa.Column('appointment_id', sa.Integer(), nullable=True),
    sa.Column('leg_id', sa.Integer(), nullable=True),
    sa.Column('run_id', sa.Integer(), nullable=True),
    sa.Column('happened_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('received_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('source', sa.String(length=32), nullable=False),
    sa.Column('by_user_id', sa.Integer(), nullable=True),
    sa.Column('by_driver_id', sa.Integer(), nullable=True),
    sa.Column('by_escort_id', sa.Integer(), nullable=True),
    sa.Column('facts', sa.JSON(), nullable=False),
    sa.Column('voids_id', sa.Integer(), nullable=True),
    sa.ForeignKeyConstraint(['appointment_id'], ['appointment.id'], name=op.f('fk_day_event_appointment_id_appointment')),
    sa.ForeignKeyConstraint(['by_driver_id'], ['driver.id'], name=op.f('fk_day_event_by_driver_id_driver')),
    sa.ForeignKeyConstraint(['by_escort_id'], ['escort.id'], name=op.f('fk_day_event_by_escort_id_escort')),
    sa.ForeignKeyConstraint(['by_user_id'], ['user.id'], name=op.f('fk_day_event_by_user_id_user')),
    sa.ForeignKeyConstraint(['leg_id'], ['ride_leg.id'], name=op.f('fk_day_event_leg_id_ride_leg')),
    sa.ForeignKeyConstraint(['run_id'], ['run.id'], name=op.f('fk_day_event_run_id_run')),
    sa.ForeignKeyConstraint(['voids_id'], ['day_event.id'], name=op.f('fk_day_event_voids_id_day_event')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_day_event')),
    sa.UniqueConstraint('uuid', name=op.f('uq_day_event_uuid'))
    )
    op.create_index('ix_day_event_appointment', 'day_event', ['appointment_id', 'happened_at'], unique=False)
    op.create_index('ix_day_event_run', 'day_event', ['run_id', 'happened_at'], unique=False)
    op.create_table('planned_dose',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('appointment_id', sa.Integer(), nullable=False),
    sa.Column('campaign_id', sa.Integer(), nullable=False),
    sa.Column('product_id', sa.Integer(), nullable=True),
    sa.Column('dose_id', sa.Integer(), nullable=True),
    sa.Column('result', sa.String(), nullable=False),
    sa.ForeignKeyConstraint(['appointment_id'], ['appointment.id'], name=op.f('fk_planned_dose_appointment_id_appointment')),
    sa.ForeignKeyConstraint(['campaign_id'], ['campaign.id'], name=op.f('fk_planned_dose_campaign_id_campaign')),
    sa.ForeignKeyConstraint(['dose_id'], ['dose.id'], name=op.f('fk_planned_dose_dose_id_dose')),
    sa.ForeignKeyConstraint(['product_id'], ['product.id'], name=op.f('fk_planned_dose_product_id_product')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_planned_dose')),
    sa.UniqueConstraint('appointment_id', 'campaign_id', name=op.f('uq_planned_dose_appointment_id_campaign_id'))
    )
    op.create_table('promise',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('leg_id', sa.Integer(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('run_id', sa.Integer(), nullable=False),
    sa.Column('pickup_from_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('pickup_until_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('made_by', sa.Integer(), nullable=True),
    sa.Column('made_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('reached_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('reached_how', sa.String(), nullable=False),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('kept', sa.Boolean(), nullable=True),
    sa.ForeignKeyConstraint(['leg_id'], ['ride_leg.id'], name=op.f('fk_promise_leg_id_ride_leg')),
    sa.ForeignKeyConstraint(['made_by'], ['user.id'], name=op.f('fk_promise_made_by_user')),
    sa.ForeignKeyConstraint(['run_id'], ['run.id'], name=op.f('fk_promise_run_id_run')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_promise')),
    sa.UniqueConstraint('leg_id', 'version', name=op.f('uq_promise_leg_id_version'))
    )
    op.create_table('question',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('resident_id', sa.Integer(), nullable=False),
    sa.Column('entry_id', sa.Integer(), nullable=True),
    sa.Column('topic', sa.String(), nullable=False),
    sa.Column('text', sa.String(), nullable=False),
    sa.Column('state', sa.String(length=32), nullable=False),
    sa.Column('is_urgent', sa.Boolean(), nullable=False),
    sa.Column('asked_by', sa.Integer(), nullable=True),
    sa.Column('asked_by_contact_id', sa.Integer(), nullable=True),
    sa.Column('inbound_id', sa.Integer(), nullable=True),
    sa.Column('appointment_id', sa.Integer(), nullable=True),
    sa.Column('answer_by', sa.String(length=32), nullable=False),
    sa.Column('asked_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('due_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('answered_by', sa.Integer(), nullable=True),
    sa.Column('answered_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('answer', sa.String(), nullable=False),
    sa.Column('card_id', sa.Integer(), nullable=True),
    sa.Column('passed_on_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('passed_on_by', sa.Integer(), nullable=True),
    sa.ForeignKeyConstraint(['answered_by'], ['user.id'], name=op.f('fk_question_answered_by_user')),
    sa.ForeignKeyConstraint(['appointment_id'], ['appointment.id'], name=op.f('fk_question_appointment_id_appointment')),
    sa.ForeignKeyConstraint(['asked_by'], ['user.id'], name=op.f('fk_question_asked_by_user')),
    sa.ForeignKeyConstraint(['asked_by_contact_id'], ['contact_person.id'], name=op.f('fk_question_asked_by_contact_id_contact_person')),
    sa.ForeignKeyConstraint(['card_id'], ['answer_card.id'], name=op.f('fk_question_card_id_answer_card')),
    sa.ForeignKeyConstraint(['entry_id'], ['ledger_entry.id'], name=op.f('fk_question_entry_id_ledger_entry')),
    sa.ForeignKeyConstraint(['inbound_id'], ['inbound_message.id'], name=op.f('fk_question_inbound_id_inbound_message')),
    sa.ForeignKeyConstraint(['passed_on_by'], ['user.id'], name=op.f('fk_question_passed_on_by_user')),
    sa.ForeignKeyConstraint(['resident_id'], ['resident.id'], name=op.f('fk_question_resident_id_resident')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_question'))
    )
    op.create_index(op.f('ix_question_resident_id'), 'question', ['resident_id'], unique=False)
    op.create_index('ix_question_state', 'question', ['state', 'due_at'], unique=False)
    op.create_table('run_stop',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('run_id', sa.Integer(), nullable=False),
    sa.Column('leg_id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.String(length=32), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('address_id', sa.Integer(), nullable=False),
    sa.Column('arrives_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('departs_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('reached_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('done_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('is_locked', sa.Boolean(), nullable=False),
    sa.ForeignKeyConstraint(['address_id'], ['address.id'], name=op.f('fk_run_stop_address_id_address')),
    sa.ForeignKeyConstraint(['leg_id'], ['ride_leg.id'], name=op.f('fk_run_stop_leg_id_ride_leg')),
    sa.ForeignKeyConstraint(['run_id'], ['run.id'], name=op.f('fk_run_stop_run_id_run')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_run_stop')),
    sa.UniqueConstraint('leg_id', 'kind', name=op.f('uq_run_stop_leg_id_kind'))
    )
    op.create_index('ix_run_stop_run', 'run_stop', ['run_id', 'position'], unique=False)
    op.create_table('strike_off',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('entry_id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.String(length=32), nullable=False),
    sa.Column('grade', sa.String(length=32), nullable=True),
    sa.Column('dose_id', sa.Integer(), nullable=True),
    sa.Column('deferral_id', sa.Integer(), nullable=True),
    sa.Column('reverses_id', sa.Integer(), nullable=True),
    sa.Column('reason', sa.String(), nullable=False),
    sa.Column('by_user_id', sa.Integer(), nullable=True),
    sa.Column('by_actor', sa.String(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint("by_user_id IS NOT NULL OR by_actor <> 'user'", name=op.f('ck_strike_off_has_name')),
    sa.CheckConstraint("kind <> 'reversed' OR reverses_id IS NOT NULL", name=op.f('ck_strike_off_names_what')),
    sa.CheckConstraint("kind <> 'vaccinated' OR grade IS NOT NULL", name=op.f('ck_strike_off_has_grade')),
    sa.ForeignKeyConstraint(['by_user_id'], ['user.id'], name=op.f('fk_strike_off_by_user_id_user')),
    sa.ForeignKeyConstraint(['deferral_id'], ['deferral.id'], name=op.f('fk_strike_off_deferral_id_deferral')),
    sa.ForeignKeyConstraint(['dose_id'], ['dose.id'], name=op.f('fk_strike_off_dose_id_dose')),
    sa.ForeignKeyConstraint(['entry_id'], ['ledger_entry.id'], name=op.f('fk_strike_off_entry_id_ledger_entry')),
    sa.ForeignKeyConstraint(['reverses_id'], ['strike_off.id'], name=op.f('fk_strike_off_reverses_id_strike_off')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_strike_off'))
    )
    op.create_index(op.f('ix_strike_off_entry_id'), 'strike_off', ['entry_id'], unique=False)
    op.create_table('taxi_slip',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('leg_id', sa.Integer(), nullable=False),
    sa.Column('company', sa.String(), nullable=False),
    sa.Column('reference', sa.String(), nullable=False),
    sa.Column('ordered_by', sa.Integer(), nullable=True),
    sa.Column('ordered_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('amount_cents', sa.Integer(), nullable=True),
    sa.Column('reconciled_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('reconciled_by', sa.Integer(), nullable=True),
    sa.ForeignKeyConstraint(['leg_id'], ['ride_leg.id'], name=op.f('fk_taxi_slip_leg_id_ride_leg')),
    sa.ForeignKeyConstraint(['ordered_by'], ['user.id'], name=op.f('fk_taxi_slip_ordered_by_user')),
    sa.ForeignKeyConstraint(['reconciled_by'], ['user.id'], name=op.f('fk_taxi_slip_reconciled_by_user')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_taxi_slip')),
    sa.UniqueConstraint('leg_id', name=op.f('uq_taxi_slip_leg_id'))
    )
    op.create_table('unmet_need',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('resident_id', sa.Integer(), nullable=False),
    sa.Column('appointment_id', sa.Integer(), nullable=True),
    sa.Column('leg_id', sa.Integer(), nullable=True),
    sa.Column('on', sa.Date(), nullable=False),
    sa.Column('reason', sa.String(), nullable=False),
    sa.Column('noted_by', sa.Integer(), nullable=True),
    sa.Column('noted_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('solved_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('solved_how', sa.String(), nullable=False),
    sa.ForeignKeyConstraint(['appointment_id'], ['appointment.id'], name=op.f('fk_unmet_need_appointment_id_appointment')),
    sa.ForeignKeyConstraint(['leg_id'], ['ride_leg.id'], name=op.f('fk_unmet_need_leg_id_ride_leg')),
    sa.ForeignKeyConstraint(['noted_by'], ['user.id'], name=op.f('fk_unmet_need_noted_by_user')),
    sa.ForeignKeyConstraint(['resident_id'], ['resident.id'], name=op.f('fk_unmet_need_resident_id_resident')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_unmet_need'))
    )
    op.create_index(op.f('ix_unmet_need_on'), 'unmet_need', ['on'], unique=False)
    op.create_index(op.f('ix_unmet_need_resident_id'), 'unmet_need', ['resident_id'], unique=False)
    op.create_table('handover',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('appointment_id', sa.Integer(), nullable=False),
    sa.Column('leg_id', sa.Integer(), nullable=True),
    sa.Column('event_id', sa.Integer(), nullable=True),
    sa.Column('kind', sa.String(length=32), nullable=False),
    sa.Column('received_by', sa.String(), nullable=False),
    sa.Column('contact_person_id', sa.Integer(), nullable=True),
    sa.Column('witness', sa.String(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('by_user_id', sa.Integer(), nullable=True),
    sa.Column('by_driver_id', sa.Integer(), nullable=True),
    sa.Column('by_escort_id', sa.Integer(), nullable=True),
    sa.Column('call_due_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('called_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('voided_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['appointment_id'], ['appointment.id'], name=op.f('fk_handover_appointment_id_appointment')),
    sa.ForeignKeyConstraint(['by_driver_id'], ['driver.id'], name=op.f('fk_handover_by_driver_id_driver')),
    sa.ForeignKeyConstraint(['by_escort_id'], ['escort.id'], name=op.f('fk_handover_by_escort_id_escort')),
    sa.ForeignKeyConstraint(['by_user_id'], ['user.id'], name=op.f('fk_handover_by_user_id_user')),
    sa.ForeignKeyConstraint(['contact_person_id'], ['contact_person.id'], name=op.f('fk_handover_contact_person_id_contact_person')),
    sa.ForeignKeyConstraint(['event_id'], ['day_event.id'], name=op.f('fk_handover_event_id_day_event')),
    sa.ForeignKeyConstraint(['leg_id'], ['ride_leg.id'], name=op.f('fk_handover_leg_id_ride_leg')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_handover'))
    )
    op.create_index(op.f('ix_handover_appointment_id'), 'handover', ['appointment_id'], unique=False)
    op.create_table('spot_check_item',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('spot_check_id', sa.Integer(), nullable=False),
    sa.Column('strike_off_id', sa.Integer(), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('agrees', sa.Boolean(), nullable=True),
    sa.Column('finding', sa.String(), nullable=False),
    sa.Column('checked_by', sa.Integer(), nullable=True),
    sa.Column('checked_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['checked_by'], ['user.id'], name=op.f('fk_spot_check_item_checked_by_user')),
    sa.ForeignKeyConstraint(['spot_check_id'], ['spot_check.id'], name=op.f('fk_spot_check_item_spot_check_id_spot_check')),
    sa.ForeignKeyConstraint(['strike_off_id'], ['strike_off.id'], name=op.f('fk_spot_check_item_strike_off_id_strike_off')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_spot_check_item')),
    sa.UniqueConstraint('spot_check_id', 'strike_off_id', name=op.f('uq_spot_check_item_spot_check_id_strike_off_id'))
    )
    op.create_index(op.f('ix_spot_check_item_spot_check_id'), 'spot_check_item', ['spot_check_id'], unique=False)
    op.create_index('ix_ledger_entry_next_contact', 'ledger_entry', ['campaign_id', 'is_counted', sa.text("coalesce(next_contact_on, '9999-12-31')"), 'id'], unique=False)


def downgrade() -> None:
    op.drop_index(op.f('ix_spot_check_item_spot_check_id'), table_name='spot_check_item')
    op.drop_table('spot_check_item')
    op.drop_index(op.f('ix_handover_appointment_id'), table_name='handover')
    op.drop_table('handover')
    op.drop_index(op.f('ix_unmet_need_resident_id'), table_name='unmet_need')
    op.drop_index(op.f('ix_unmet_need_on'), table_name='unmet_need')
    op.drop_table('unmet_need')
    op.drop_table('taxi_slip')
    op.drop_index(op.f('ix_strike_off_entry_id'), table_name='strike_off')
    op.drop_table('strike_off')
    op.drop_index('ix_run_stop_run', table_name='run_stop')
    op.drop_table('run_stop')
    op.drop_index('ix_question_state', table_name='question')
    op.drop_index(op.f('ix_question_resident_id'), table_name='question')
    op.drop_table('question')
    op.drop_table('promise')
    op.drop_table('planned_dose')
    op.drop_index('ix_day_event_run', table_name='day_event')
    op.drop_index('ix_day_event_appointment', table_name='day_event')
    op.drop_table('day_event')
    op.drop_table('attempt_reason')
    op.drop_index('ix_ride_leg_on', table_name='ride_leg')
    op.drop_table('ride_leg')
    op.drop_index(op.f('ix_pre_screen_appointment_id'), table_name='pre_screen')
    op.drop_table('pre_screen')
    op.drop_table('observation')
    op.drop_index('ix_inbound_message_state', table_name='inbound_message')
    op.drop_index(op.f('ix_inbound_message_resident_id'), table_name='inbound_message')
    op.drop_index('ix_inbound_message_number', table_name='inbound_message')
    op.drop_table('inbound_message')
    op.drop_index(op.f('ix_family_link_code_hash'), table_name='family_link')
    op.drop_index(op.f('ix_family_link_appointment_id'), table_name='family_link')
    op.drop_table('family_link')
    op.drop_index('ix_dose_resident', table_name='dose')
    op.drop_index(op.f('ix_dose_import_batch_id'), table_name='dose')
    op.drop_index(op.f('ix_dose_batch_id'), table_name='dose')
    op.drop_table('dose')
    op.drop_table('delivery_receipt')
    op.drop_index('ix_contact_attempt_user', table_name='contact_attempt')
    op.drop_index('ix_contact_attempt_resident', table_name='contact_attempt')
    op.drop_index(op.f('ix_contact_attempt_entry_id'), table_name='contact_attempt')
    op.drop_table('contact_attempt')
    op.drop_index(op.f('ix_alarm_on'), table_name='alarm')
    op.drop_table('alarm')
    op.drop_index('ix_vehicle_position_run', table_name='vehicle_position')
    op.drop_table('vehicle_position')
    op.drop_index(op.f('ix_stay_resident_id'), table_name='stay')
    op.drop_index(op.f('ix_stay_community_id'), table_name='stay')
    op.drop_table('stay')
    op.drop_index('ix_status_transition_entry', table_name='status_transition')
    op.drop_index(op.f('ix_status_transition_at'), table_name='status_transition')
    op.drop_table('status_transition')
    op.drop_index(op.f('ix_snapshot_change_on'), table_name='snapshot_change')
    op.drop_index('ix_snapshot_change_entry', table_name='snapshot_change')
    op.drop_table('snapshot_change')
    op.drop_index(op.f('ix_phone_tail_index'), table_name='phone')
    op.drop_index(op.f('ix_phone_number_index'), table_name='phone')
    op.drop_index(op.f('ix_phone_contact_person_id'), table_name='phone')
    op.drop_table('phone')
    op.drop_index('ix_message_subject', table_name='message')
    op.drop_index('ix_message_state', table_name='message')
    op.drop_index('ix_message_resident', table_name='message')
    op.drop_index(op.f('ix_message_provider_id'), table_name='message')
    op.drop_index('ix_message_number', table_name='message')
    op.drop_index('ix_message_lease', table_name='message')
    op.drop_index('ix_message_household', table_name='message')
    op.drop_index('ix_message_due', table_name='message', sqlite_where=sa.text("state = 'queued'"), postgresql_where=sa.text("state = 'queued'"))
    op.drop_index(op.f('ix_message_campaign_id'), table_name='message')
    op.drop_table('message')
    op.drop_table('frozen_line')
    op.drop_index(op.f('ix_consent_resident_id'), table_name='consent')
    op.drop_table('consent')
    op.drop_index('ix_appointment_status', table_name='appointment')
    op.drop_index('ix_appointment_session_slot', table_name='appointment')
    op.drop_index('ix_appointment_resident', table_name='appointment')
    op.drop_table('appointment')
    op.drop_table('session_stock')
    op.drop_index('ix_search_term_resident_id', table_name='search_term')
    op.drop_table('search_term')
    op.drop_index('ix_run_on', table_name='run')
    op.drop_table('run')
    op.drop_index(op.f('ix_opt_out_resident_id'), table_name='opt_out')
    op.drop_index('ix_opt_out_number', table_name='opt_out')
    op.drop_table('opt_out')
    op.drop_index(op.f('ix_notice_posting_notice_id'), table_name='notice_posting')
    op.drop_table('notice_posting')
    op.drop_index(op.f('ix_life_report_state'), table_name='life_report')
    op.drop_index(op.f('ix_life_report_resident_id'), table_name='life_report')
    op.drop_table('life_report')
    op.drop_index('ix_ledger_entry_worklist', table_name='ledger_entry')
    op.drop_index('ix_ledger_entry_status', table_name='ledger_entry')
    op.drop_index('ix_ledger_entry_grid', table_name='ledger_entry')
    op.drop_index('ix_ledger_entry_community', table_name='ledger_entry')
    op.drop_table('ledger_entry')
    op.drop_index(op.f('ix_infection_resident_id'), table_name='infection')
    op.drop_table('infection')
    op.drop_index('ix_import_row_resident', table_name='import_row')
    op.drop_index('ix_import_row_outcome', table_name='import_row')
    op.drop_index('ix_import_row_fingerprint', table_name='import_row')
    op.drop_table('import_row')
    op.drop_table('import_file_part')
    op.drop_index(op.f('ix_experiment_arm_experiment_id'), table_name='experiment_arm')
    op.drop_table('experiment_arm')
    op.drop_index(op.f('ix_evidence_resident_id'), table_name='evidence')
    op.drop_table('evidence')
    op.drop_table('escort_knows')
    op.drop_index(op.f('ix_duplicate_pair_state'), table_name='duplicate_pair')
    op.drop_table('duplicate_pair')
    op.drop_index(op.f('ix_deferral_review_on'), table_name='deferral')
    op.drop_index(op.f('ix_deferral_resident_id'), table_name='deferral')
    op.drop_table('deferral')
    op.drop_index(op.f('ix_contact_person_resident_id'), table_name='contact_person')
    op.drop_table('contact_person')
    op.drop_table('wording')
    op.drop_index(op.f('ix_weekly_hours_site_id'), table_name='weekly_hours')
    op.drop_table('weekly_hours')
    op.drop_table('vehicle_check')
    op.drop_index('ix_target_area', table_name='target')
    op.drop_table('target')
    op.drop_index(op.f('ix_spot_check_area_id'), table_name='spot_check')
    op.drop_table('spot_check')
    op.drop_index('ix_snapshot_count_area', table_name='snapshot_count')
    op.drop_table('snapshot_count')
    op.drop_index('ix_site_session_on', table_name='site_session')
    op.drop_table('site_session')
    op.drop_index(op.f('ix_site_closure_site_id'), table_name='site_closure')
    op.drop_table('site_closure')
    op.drop_table('shift_template')
    op.drop_index('ix_shift_on', table_name='shift')
    op.drop_table('shift')
    op.drop_index(op.f('ix_saved_report_area_id'), table_name='saved_report')
    op.drop_table('saved_report')
    op.drop_table('rollup')
    op.drop_index(op.f('ix_resident_name_pinyin'), table_name='resident')
    op.drop_index(op.f('ix_resident_name_folded'), table_name='resident')
    op.drop_index(op.f('ix_resident_id_tail_index'), table_name='resident')
    op.drop_index(op.f('ix_resident_id_index'), table_name='resident')
    op.drop_index(op.f('ix_resident_household_id'), table_name='resident')
    op.drop_index('ix_resident_grid', table_name='resident')
    op.drop_index('ix_resident_community', table_name='resident')
    op.drop_index('ix_resident_born_on', table_name='resident')
    op.drop_table('resident')
    op.drop_index(op.f('ix_official_figure_area_id'), table_name='official_figure')
    op.drop_table('official_figure')
    op.drop_table('notice')
    op.drop_index(op.f('ix_import_batch_content_hash'), table_name='import_batch')
    op.drop_index('ix_import_batch_community', table_name='import_batch')
    op.drop_table('import_batch')
    op.drop_table('experiment')
    op.drop_table('cadence_step')
    op.drop_index(op.f('ix_vehicle_area_id'), table_name='vehicle')
    op.drop_table('vehicle')
    op.drop_index(op.f('ix_site_area_id'), table_name='site')
    op.drop_table('site')
    op.drop_table('product_batch')
    op.drop_index(op.f('ix_plan_on'), table_name='plan')
    op.drop_table('plan')
    op.drop_table('leave')
    op.drop_index(op.f('ix_household_stairwell'), table_name='household')
    op.drop_index(op.f('ix_household_area_id'), table_name='household')
    op.drop_table('household')
    op.drop_index('ix_field_link_day', table_name='field_link')
    op.drop_index(op.f('ix_field_link_code_hash'), table_name='field_link')
    op.drop_table('field_link')
    op.drop_table('campaign')
    op.drop_index('ix_task_state', table_name='task')
    op.drop_table('task')
    op.drop_index(op.f('ix_sitting_user_id'), table_name='sitting')
    op.drop_index(op.f('ix_sitting_seen_at'), table_name='sitting')
    op.drop_table('sitting')
    op.drop_table('sending_control')
    op.drop_table('saved_view')
    op.drop_index(op.f('ix_rule_set_vaccine_code'), table_name='rule_set')
    op.drop_table('rule_set')
    op.drop_index(op.f('ix_rollup_touch_community_id'), table_name='rollup_touch')
    op.drop_table('rollup_touch')
    op.drop_index(op.f('ix_role_grant_user_id'), table_name='role_grant')
    op.drop_table('role_grant')
    op.drop_index(op.f('ix_report_form_area_id'), table_name='report_form')
    op.drop_table('report_form')
    op.drop_index(op.f('ix_product_vaccine_id'), table_name='product')
    op.drop_table('product')
    op.drop_index('ix_oversight_request_area', table_name='oversight_request')
    op.drop_table('oversight_request')
    op.drop_table('one_time_link')
    op.drop_index(op.f('ix_escort_area_id'), table_name='escort')
    op.drop_table('escort')
    op.drop_index('ix_escalation_area', table_name='escalation')
    op.drop_table('escalation')
    op.drop_index(op.f('ix_driver_area_id'), table_name='driver')
    op.drop_table('driver')
    op.drop_table('day_closing')
    op.drop_index(op.f('ix_compound_community_id'), table_name='compound')
    op.drop_table('compound')
    op.drop_table('column_memory')
    op.drop_index('ix_audit_entry_user_at', table_name='audit_entry')
    op.drop_index('ix_audit_entry_subject', table_name='audit_entry')
    op.drop_table('audit_entry')
    op.drop_table('answer_card')
    op.drop_index(op.f('ix_address_area_id'), table_name='address')
    op.drop_table('address')
    op.drop_table('worker_beat')
    op.drop_table('vaccine')
    op.drop_table('user')
    op.drop_table('trial_number')
    op.drop_index('ix_throttle_event_bucket_who_at', table_name='throttle_event')
    op.drop_table('throttle_event')
    op.drop_table('snapshot')
    op.drop_index(op.f('ix_simulated_text_reference'), table_name='simulated_text')
    op.drop_index('ix_simulated_text_number', table_name='simulated_text')
    op.drop_table('simulated_text')
    op.drop_table('rollup_state')
    op.drop_table('place')
    op.drop_index('ix_geocode_cache_asked_at', table_name='geocode_cache')
    op.drop_table('geocode_cache')
    op.drop_table('gateway_state')
    op.drop_table('duty_mark')
    op.drop_index(op.f('ix_area_path'), table_name='area')
    op.drop_index(op.f('ix_area_parent_id'), table_name='area')
    op.drop_table('area')
